//! HTTP clients for corporate networks, with proxies and certificate authorities of their own.

use std::{env, panic};

use aws_sdk_ec2::config::RuntimeComponents;
pub use aws_sdk_ec2::config::SharedHttpClient;
use aws_sdk_ec2::config::http::HttpRequest;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The trusted certificate authorities.
#[derive(Debug, Clone)]
pub struct Authorities(TlsContext);

impl Authorities {
    /// Only those of a PEM bundle. None if it holds no usable certificate.
    ///
    /// Real bundles hold certificates that some libraries accept and others don't. Unusable ones are skipped, as they
    /// are among the system's own.
    #[must_use]
    pub fn from_pem(bundle: &str) -> Option<Self> {
        let hook = panic::take_hook();
        // The TLS library panics on a certificate that it can't read.
        panic::set_hook(Box::new(|_| {}));
        let usable: Vec<_> = certificates(bundle).filter_map(usable).collect();
        panic::set_hook(hook);
        if usable.is_empty() {
            return None;
        }
        context(&usable.join("\n")).map(Self)
    }
}

fn certificates(bundle: &str) -> impl Iterator<Item = &str> {
    bundle.split(BEGIN).skip(1).filter_map(|rest| {
        let (body, _) = rest.split_once(END)?;
        Some(body)
    })
}

fn usable(body: &str) -> Option<String> {
    let certificate = format!("{BEGIN}{body}{END}\n");
    let context = context(&certificate);
    let built = panic::catch_unwind(|| with_tls(Connector::builder(), context.as_ref()));
    built.ok().map(|_| certificate)
}

fn context(pem: &str) -> Option<TlsContext> {
    let authorities = TrustStore::empty().with_pem_certificate(pem);
    TlsContext::builder()
        .with_trust_store(authorities)
        .build()
        .ok()
}

/// An HTTP client that uses the proxies from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, and trusts these authorities
/// or, without them, the system's.
#[must_use]
pub fn http_client(authorities: Option<Authorities>) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder();
        builder
            .set_connector_settings(settings.cloned())
            .set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl))
            .set_proxy_config(Some(ProxyConfig::from_env()));
        with_tls(builder, authorities.as_ref().map(|it| &it.0))
    })
}

/// The variables for each proxy, in the HTTP client's order. The last ones apply if the others are unset or empty.
pub const PROXY_VARIABLES: [[&str; 2]; 3] = [
    ["HTTPS_PROXY", "https_proxy"],
    ["HTTP_PROXY", "http_proxy"],
    ["ALL_PROXY", "all_proxy"],
];

/// A proxy from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The variable that sets it.
    pub variable: &'static str,
    /// Host and port, without user and password.
    pub address: String,
}

/// A variable doesn't hold a proxy URL. Its value isn't shown, since it may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}: expected the URL of a proxy, such as http://proxy.example.com:3128")]
pub struct InvalidProxy(pub &'static str);

impl Proxy {
    /// The proxy from the first of these variables that is set. None if it is empty.
    ///
    /// # Errors
    /// It isn't the URL of a proxy.
    pub fn of_environment(variables: [&'static str; 2]) -> Result<Option<Self>, InvalidProxy> {
        let set = variables.into_iter();
        let mut set = set.filter_map(|name| env::var(name).ok().map(|value| (name, value)));
        match set.next() {
            Some((variable, value)) if !value.is_empty() => {
                let address = address(&value).ok_or(InvalidProxy(variable))?;
                let address = address.to_owned();
                Ok(Some(Self { variable, address }))
            }
            _ => Ok(None),
        }
    }

    /// The proxy for endpoints with TLS.
    fn of_tunnels() -> Option<Self> {
        let [https, _, all] = PROXY_VARIABLES;
        let of = |variables| Self::of_environment(variables).ok().flatten();
        of(https).or_else(|| of(all))
    }
}

/// Why a call failed, with the proxy if it was the proxy that refused: the HTTP client only says `tunnel error`.
#[must_use]
pub fn with_proxy(reason: String) -> String {
    let is_refused = reason.contains("tunnel error");
    match is_refused.then(Proxy::of_tunnels).flatten() {
        Some(Proxy { variable, address }) => {
            format!("no way through the proxy {address} of {variable}: {reason}")
        }
        None => reason,
    }
}

/// Whether the URL can be an endpoint.
#[must_use]
pub fn is_url(text: &str) -> bool {
    text.contains("://") && address(text).is_some()
}

/// Host and port of a URL, as the HTTP client reads it.
fn address(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let is_known = ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let (_, address) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (address, "80"),
    };
    let is_address = !host.is_empty() && port.parse::<u16>().is_ok();
    (is_known && is_address && HttpRequest::get(url).is_ok()).then_some(address)
}

fn with_tls(builder: ConnectorBuilder, context: Option<&TlsContext>) -> Connector {
    let mut builder = builder.tls_provider(Provider::Rustls(CryptoMode::Ring));
    if let Some(context) = context {
        builder.set_tls_context(context.clone());
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_scheme_a_host_and_a_port_that_there_is() {
        for (text, expected) in [
            ("https://ec2.test", true),
            ("HTTP://127.0.0.1:4566/path?query#part", true),
            ("http://[::1]", true),
            ("http://[::1]:4566", true),
            ("http://jane:secret@ec2.test", true),
            ("", false),
            ("ec2.test", false),
            ("localhost:4566", false),
            ("ftp://ec2.test", false),
            ("https://", false),
            ("http://:80", false),
            ("http://ec2.test:99999", false),
            ("http://a:b:c", false),
            ("http://a b", false),
            ("http://[bad", false),
        ] {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }

    #[test]
    fn the_address_of_a_proxy_is_without_user_and_password() {
        assert_eq!(address("proxy:3128"), Some("proxy:3128"));
        assert_eq!(address("http://u:p@proxy:3128/"), Some("proxy:3128"));
        assert_eq!(address("socks5://proxy"), None);
        assert_eq!(address("::::"), None);
    }
}
