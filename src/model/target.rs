//! What a discovery scans, and what it excludes.

use std::{collections::BTreeSet, fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;

use super::address::{AddressRange, AddressSet, RangeError, parse_address};

/// What a discovery scans. Targets of different kinds are never equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Address(IpAddr),
    Ranges(BTreeSet<AddressRange>),
    /// Without host bits.
    Cidr(IpNet),
    Cdp(Neighbours),
    Lldp(Neighbours),
}

/// A target's key in the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TargetKind {
    Address,
    Ranges,
    Cidr,
    Cdp,
    Lldp,
}

/// A scan that starts at one device and follows its neighbours, without a bound on its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbours {
    pub(crate) seed: IpAddr,
    /// How many neighbours away it goes. `None` if the controller does not report it
    /// (controller-facts.md#hops): then it cannot be compared, and equals every number.
    pub(crate) hops: Option<Hops>,
}

/// A number of hops; the files allow 1 to 16.
pub(crate) type Hops = u32;

impl Target {
    pub(crate) fn kind(&self) -> TargetKind {
        match self {
            Self::Address(_) => TargetKind::Address,
            Self::Ranges(_) => TargetKind::Ranges,
            Self::Cidr(_) => TargetKind::Cidr,
            Self::Cdp(_) => TargetKind::Cdp,
            Self::Lldp(_) => TargetKind::Lldp,
        }
    }

    /// Returns the addresses that the target names: for a neighbour discovery, its seed.
    pub(crate) fn addresses(&self) -> AddressSet {
        match self {
            Self::Address(it) => [AddressRange::from(*it)].into_iter().collect(),
            Self::Ranges(it) => it.iter().copied().collect(),
            Self::Cidr(it) => [AddressRange::from(*it)].into_iter().collect(),
            Self::Cdp(it) | Self::Lldp(it) => [AddressRange::from(it.seed)].into_iter().collect(),
        }
    }

    /// Whether it may scan addresses that it does not name.
    pub(crate) fn is_unbounded(&self) -> bool {
        self.kind().is_unbounded()
    }
}

impl TargetKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 5] =
        [Self::Address, Self::Ranges, Self::Cidr, Self::Cdp, Self::Lldp];

    /// Returns the key in the files.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Ranges => "ranges",
            Self::Cidr => "cidr",
            Self::Cdp => "cdp",
            Self::Lldp => "lldp",
        }
    }

    /// Whether `exclude` is documented to work with it.
    pub(crate) fn honors_exclude(self) -> bool {
        match self {
            Self::Cidr | Self::Cdp | Self::Lldp => true,
            Self::Address | Self::Ranges => false,
        }
    }

    pub(crate) fn is_unbounded(self) -> bool {
        match self {
            Self::Cdp | Self::Lldp => true,
            Self::Address | Self::Ranges | Self::Cidr => false,
        }
    }
}

/// An address or a prefix to exclude from a scan. A prefix of full length is an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exclude(IpNet);

impl From<IpNet> for Exclude {
    fn from(net: IpNet) -> Self {
        Self(net.trunc())
    }
}

impl From<IpAddr> for Exclude {
    fn from(address: IpAddr) -> Self {
        Self(IpNet::from(address))
    }
}

/// Reads an address or a prefix, and masks the host bits of the prefix.
impl FromStr for Exclude {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let address = parse_address(text).map(Self::from);
        address.or_else(|error| text.parse::<IpNet>().map(Self::from).map_err(|_| error))
    }
}

impl Exclude {
    /// Returns the excluded addresses.
    pub(crate) fn range(self) -> AddressRange {
        AddressRange::from(self.0)
    }
}

impl fmt::Display for Exclude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            return write!(f, "{}", self.0.addr());
        }
        write!(f, "{}", self.0)
    }
}
