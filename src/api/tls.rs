//! The trusted certificates of a connection, and its TLS versions.
//!
//! Sends nothing. Words certificate errors for people.
#![expect(clippy::wildcard_enum_match_arm, reason = "the library adds to its errors as it likes")]

use std::{fmt, sync::Arc};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError,
    RootCertStore, SignatureScheme, SupportedProtocolVersion,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
    version::{TLS12, TLS13},
};

/// The accepted versions, independent of the library's defaults.
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// Which certificates are trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trust<'a> {
    /// Those that the system trusts.
    System,
    /// Those in this PEM text, and those signed by them.
    Given(&'a [u8]),
    Any,
    None,
}

/// Returns the TLS configuration; `None` if the PEM text has no usable certificate.
pub(crate) fn trusting(trust: Trust<'_>) -> Option<ClientConfig> {
    let provider = provider();
    let trusted = match trust {
        // Without system authorities nothing is trusted.
        Trust::System => rustls_platform_verifier::Verifier::new(Arc::clone(&provider))
            .map_or(Trusted::None, |it| Trusted::BySystem(Arc::new(it))),
        Trust::Given(pem) => {
            let given: Vec<_> =
                CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
            let authority = by_web_pki(&given, &provider)?;
            Trusted::Sourced { authority, given }
        }
        Trust::Any => Trusted::Any,
        Trust::None => Trusted::None,
    };
    let verifier = Verifier { trusted, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&VERSIONS)
        .expect("invariant: ring speaks TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Some(config)
}

/// The cryptography provider of every connection.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The usual checks against these roots; `None` without a usable root.
fn by_web_pki(
    certificates: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.clone()).ok()?;
    }
    let provider = Arc::clone(provider);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()
}

/// Verifies a server's certificate.
#[derive(Debug)]
struct Verifier {
    trusted: Trusted,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum Trusted {
    BySystem(Arc<rustls_platform_verifier::Verifier>),
    Sourced {
        authority: Arc<WebPkiServerVerifier>,
        given: Vec<CertificateDer<'static>>,
    },
    /// Even a malformed certificate is accepted.
    Any,
    None,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by = |it: &dyn ServerCertVerifier| {
            it.verify_server_cert(end_entity, intermediates, server_name, ocsp, now)
        };
        let outcome = match &self.trusted {
            Trusted::Any => return Ok(ServerCertVerified::assertion()),
            Trusted::None => Err(CertificateError::UnknownIssuer.into()),
            Trusted::BySystem(system) => by(&**system),
            Trusted::Sourced { authority, given } => match by(&**authority) {
                Err(error) if is_authority(&error) && given.contains(end_entity) => {
                    named(end_entity, server_name).map(|()| ServerCertVerified::assertion())
                }
                outcome => outcome,
            },
        };
        outcome.map_err(|error| self.explained(error, end_entity, server_name, now))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if let Trusted::Any = self.trusted {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if let Trusted::Any = self.trusted {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Verifier {
    /// Rewords an error so that it names all problems of the certificate.
    fn explained(
        &self,
        error: Error,
        end_entity: &CertificateDer<'_>,
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Error {
        let Error::InvalidCertificate(why) = &error else { return error };
        let mut words = match why {
            CertificateError::UnknownIssuer if self.signed_itself(end_entity, server_name, now) => {
                "it is self-signed and not trusted here".to_owned()
            }
            CertificateError::UnknownIssuer => {
                "it is not signed by an authority that is trusted here".to_owned()
            }
            _ if is_authority(&error) => {
                "it is the certificate of an authority that is not trusted here".to_owned()
            }
            why => distrust(why),
        };
        // Name both problems, so that fixing one does not lead to the other.
        if (matches!(why, CertificateError::UnknownIssuer) || is_authority(&error))
            && let Err(Error::InvalidCertificate(why)) = named(end_entity, server_name)
        {
            words = format!("{words}; and {}", distrust(&why));
        }
        CertificateError::Other(OtherError(Arc::new(Distrust(words)))).into()
    }

    /// Whether a certificate would be trusted if it were an authority, apart from its name.
    fn signed_itself(
        &self,
        certificate: &CertificateDer<'_>,
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> bool {
        let itself = [certificate.clone().into_owned()];
        let Some(verifier) = by_web_pki(&itself, &self.provider) else { return false };
        !matches!(
            verifier.verify_server_cert(certificate, &[], server_name, &[], now),
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer))
        )
    }
}

/// The problem of a certificate, in words.
#[derive(Debug)]
struct Distrust(String);

impl std::error::Error for Distrust {}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the problem of a certificate, in words.
pub(crate) fn distrust(why: &CertificateError) -> String {
    match why {
        CertificateError::Other(OtherError(words)) => words.to_string(),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "it expired on {}, and the local clock says {}; renew it, or correct the clock",
            date(*not_after),
            date(*time)
        ),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "it is not valid before {}, and the local clock says {}; correct the clock, or use a valid \
             certificate",
            date(*not_before),
            date(*time)
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = presented.iter().map(|it| bare(it)).collect::<Vec<_>>();
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            let host = expected.to_str();
            format!("it is for {names} and not for {host}; use a name in the certificate")
        }
        why => why.to_string(),
    }
}

/// Returns why TLS failed, in words.
pub(crate) fn tls_failure(error: &Error) -> String {
    match error {
        Error::PeerIncompatible(_)
        | Error::AlertReceived(
            AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
        ) => format!("{error}; the controller has to support TLS 1.2 or newer"),
        error => error.to_string(),
    }
}

/// Extracts the name from the library's form, `DnsName("example.com")`.
fn bare(presented: &str) -> &str {
    let inner = presented.split_once('(').map_or(presented, |(_, it)| it);
    inner.trim_end_matches(')').trim_matches('"')
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_string()
}

fn named(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    verify_server_name(&ParsedCertificate::try_from(certificate)?, name)
}

/// Whether the only problem of a server's certificate is that it is marked as an authority.
///
/// Self-signed certificates of appliances often are. The library rejects them after it has checked
/// the dates, so only the name is left to check, and the handshake proves that the server has the
/// key.
fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    other.to_string().contains("CaUsedAsEndEntity")
}
