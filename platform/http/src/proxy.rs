//! Whose word is believed about where a request comes from.

use std::net::IpAddr;
use std::str::FromStr;

use http::HeaderMap;

/// Addresses that begin alike, such as `10.0.0.0/8` or `2001:db8::/32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// The text is no address and no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a network; write one as 10.0.0.0/8 or as an address")]
pub struct NotANetwork;

impl Network {
    /// What cannot be reached from the internet: loopback and the private ranges.
    pub const PRIVATE: [&str; 8] = [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ];

    #[must_use]
    pub fn private() -> Vec<Network> {
        Self::PRIVATE.iter().filter_map(|text| text.parse().ok()).collect()
    }

    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => (32, u128::from(v4.to_bits())),
            IpAddr::V6(v6) => (128, v6.to_bits()),
        };
        let ((width, ours), (other, theirs)) = (bits(self.address), bits(address.to_canonical()));
        width == other && (ours ^ theirs).checked_shr(width - self.bits).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(|_| NotANetwork)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.trim().parse()).map_err(|_| NotANetwork)?;
        if bits <= width { Ok(Network { address, bits }) } else { Err(NotANetwork) }
    }
}

/// The proxies of our own that stand in front of the shop.
#[derive(Clone, Debug)]
pub struct Proxies {
    /// How many there are, one behind the other; each adds one address to `X-Forwarded-For`.
    pub count: usize,
    /// Where the last of them connects from. Anybody else is a client, whatever they write.
    pub networks: Vec<Network>,
}

impl Default for Proxies {
    fn default() -> Self {
        Proxies { count: 0, networks: Network::private() }
    }
}

impl Proxies {
    #[must_use]
    pub fn believes(&self, peer: IpAddr) -> bool {
        self.count > 0 && self.networks.iter().any(|network| network.contains(peer))
    }

    /// The client's address: the peer's, or what the outermost of our own proxies saw. Whatever stands before that in
    /// `X-Forwarded-For` was written by the client itself.
    #[must_use]
    pub fn client(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        if !self.believes(peer) {
            return peer;
        }
        let texts = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = texts.flat_map(|text| text.split(',')).map(str::trim).collect();
        hops.len().checked_sub(self.count).and_then(|at| hops[at].parse().ok()).unwrap_or(peer)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded: &'static str, count: usize, networks: &[&str]) -> String {
        let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), HeaderValue::from_static(forwarded))]);
        let networks = networks.iter().map(|text| text.parse().unwrap()).collect();
        Proxies { count, networks }.client(&headers, peer.parse().unwrap()).to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        for (peer, forwarded, count, networks, expected) in [
            ("10.0.0.1", "192.0.2.1", 0, "10.0.0.0/8", "10.0.0.1"),
            ("10.0.0.1", "192.0.2.66, 192.0.2.1", 1, "10.0.0.0/8", "192.0.2.1"),
            ("10.0.0.1", "192.0.2.66, 192.0.2.1, 10.0.0.9", 2, "10.0.0.0/8", "192.0.2.1"),
            ("10.0.0.1", "192.0.2.1", 2, "10.0.0.0/8", "10.0.0.1"),
            ("10.0.0.1", "nonsense", 1, "10.0.0.0/8", "10.0.0.1"),
            ("203.0.113.5", "192.0.2.1", 1, "10.0.0.0/8", "203.0.113.5"),
            ("203.0.113.5", "192.0.2.1", 1, "203.0.113.5", "192.0.2.1"),
            ("::ffff:10.1.2.3", "192.0.2.1", 1, "10.0.0.0/8", "192.0.2.1"),
            ("2001:db8::7", "192.0.2.1", 1, "2001:db8::/32", "192.0.2.1"),
            ("2001:db9::7", "192.0.2.1", 1, "2001:db8::/32", "2001:db9::7"),
            ("203.0.113.5", "192.0.2.1", 1, "0.0.0.0/0", "192.0.2.1"),
        ] {
            assert_eq!(seen(peer, forwarded, count, &[networks]), expected, "{peer} {forwarded} {count} {networks}");
        }
        assert_eq!(seen("172.31.255.1", "192.0.2.1", 1, &Network::PRIVATE), "192.0.2.1");
        assert_eq!(seen("172.32.0.1", "192.0.2.1", 1, &Network::PRIVATE), "172.32.0.1");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "example.org", "10.0.0.0/8/8"] {
            assert_eq!(bad.parse::<Network>(), Err(NotANetwork), "{bad}");
        }
        assert_eq!(Network::private().len(), Network::PRIVATE.len());
    }
}
