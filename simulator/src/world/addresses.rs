//! Addresses as the controller writes them: just enough to check them and to pick some.

use std::net::IpAddr;

/// Addresses from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) first: IpAddr,
    pub(super) last: IpAddr,
}

/// Reads `a`, `a-b` or `a/length`.
pub(super) fn reach(text: &str) -> Option<Reach> {
    let text = text.trim();
    if let Some((address, length)) = text.split_once('/') {
        let (address, length): (IpAddr, u32) =
            (address.trim().parse().ok()?, length.trim().parse().ok()?);
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let host_bits = width.checked_sub(length)?;
        let host = u128::MAX.checked_shr(128 - host_bits).unwrap_or(0);
        let base = number(address) & !host;
        return Some(Reach { first: like(address, base)?, last: like(address, base | host)? });
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let reach = Reach { first, last };
    (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(reach)
}

/// Up to `most` addresses of a list, spread over it from its start; what cannot be read is nothing.
pub(super) fn some(list: &str, most: usize) -> Vec<IpAddr> {
    let all = list.split(',').filter_map(reach);
    all.flat_map(|it| (0..most as u128).map_while(move |step| nth(it, step))).take(most).collect()
}

fn nth(reach: Reach, step: u128) -> Option<IpAddr> {
    let address = number(reach.first).checked_add(step)?;
    like(reach.first, address).filter(|it| *it <= reach.last)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(it) => u32::from(it).into(),
        IpAddr::V6(it) => it.into(),
    }
}

fn like(sample: IpAddr, number: u128) -> Option<IpAddr> {
    match sample {
        IpAddr::V4(_) => Some(IpAddr::V4(u32::try_from(number).ok()?.into())),
        IpAddr::V6(_) => Some(IpAddr::V6(number.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_read_and_nothing_else() {
        let shown = |text: &str| reach(text).map(|it| format!("{} {}", it.first, it.last));
        assert_eq!(shown("10.0.0.1").unwrap(), "10.0.0.1 10.0.0.1");
        assert_eq!(shown(" 10.0.0.250 - 10.0.1.5").unwrap(), "10.0.0.250 10.0.1.5");
        assert_eq!(shown("10.20.1.9/22").unwrap(), "10.20.0.0 10.20.3.255");
        assert_eq!(shown("2001:db8::9/126").unwrap(), "2001:db8::8 2001:db8::b");
        assert_eq!(shown("0.0.0.0/0").unwrap(), "0.0.0.0 255.255.255.255");
        assert_eq!(shown("1.1.1.1/32").unwrap(), "1.1.1.1 1.1.1.1");
        for bad in ["", "10.0.0", "10.0.0.2-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/33", "::/129"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn some_addresses_stay_within_the_list() {
        let shown: Vec<String> =
            some("10.0.0.255-10.0.1.0,x,10.9.0.1", 5).iter().map(IpAddr::to_string).collect();
        assert_eq!(shown, ["10.0.0.255", "10.0.1.0", "10.9.0.1"]);
        assert_eq!(some("10.0.0.0/8", 3).len(), 3);
    }
}
