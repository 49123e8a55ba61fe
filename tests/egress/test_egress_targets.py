"""Where requests may go."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.egress.errors import EgressRefused
from identity_service.egress.targets import check_addresses, is_loopback, is_public, parse_target

INWARD = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
    "::/128", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip


@pytest.mark.parametrize("network", INWARD)
def test_no_edge_of_a_special_network_is_public(network: str) -> None:
    parsed = ipaddress.ip_network(network)

    assert not is_public(str(parsed[0]))
    assert not is_public(str(parsed[-1]))


@given(st.sampled_from(INWARD).map(ipaddress.ip_network), st.integers(min_value=0))
def test_no_address_inside_a_special_network_is_public(network: ipaddress.IPv4Network | ipaddress.IPv6Network, offset: int) -> None:
    assert not is_public(str(network[offset % network.num_addresses]))


@pytest.mark.parametrize("address", ["8.8.8.8", "193.134.0.1", "2606:4700:4700::1111", "2a00:1450:400a::1"])
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "2130706433", "0x7f000001", "fe80::1%eth0", "8.8.8.8 ", "8.8.8"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


def test_loopback_mapped_into_ipv6_is_not_loopback() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("::ffff:127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com", "ftp://example.com/", "file:///etc/passwd", "https://", "https:///path",
        "https://user@example.com/", "https://user:word@example.com/", "https://example.com/#part", "https://example.com/#",
        "https://example.com:port/", "https://example.com:99999/", "https://exa mple.com/", "https://example.com/\r\nX: y",
        "https://[::1/", "https://exämple.com/", "https://-a.example/", "https://a..example/", "https://fe80::1%25eth0/",
        "https://[fe80::1%25eth0]/", "https://example.com\\@127.0.0.1/", "https://" + "a" * 5000,
    ],
)  # fmt: skip
def test_a_url_we_would_not_write_is_refused(url: str) -> None:
    with pytest.raises(EgressRefused):
        parse_target(url)


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    for url in (text, "https://" + text):
        try:
            target = parse_target(url)
        except EgressRefused:
            continue
        assert target.host
        assert target.path.startswith("/")


def test_a_target_keeps_port_path_and_query() -> None:
    target = parse_target("https://Issuer.Example:8443/a/b?c=d&e")

    assert (target.host, target.port, target.path) == ("issuer.example", 8443, "/a/b?c=d&e")
    assert target.authority == "issuer.example:8443"


def test_an_ipv6_target_is_bracketed_again_for_the_host_header() -> None:
    target = parse_target("https://[2606:4700:4700::1111]/")

    assert target.host == "2606:4700:4700::1111"
    assert target.is_literal
    assert target.authority == "[2606:4700:4700::1111]"


def test_one_inward_address_among_public_ones_refuses_the_host() -> None:
    target = parse_target("https://example.com/")

    with pytest.raises(EgressRefused):
        check_addresses(target, ["8.8.8.8", "10.0.0.1"], allow_loopback=False)
    with pytest.raises(EgressRefused):
        check_addresses(target, ["8.8.8.8", "127.0.0.1"], allow_loopback=True)


def test_a_host_without_addresses_is_refused() -> None:
    with pytest.raises(EgressRefused):
        check_addresses(parse_target("https://example.com/"), [], allow_loopback=True)


def test_plain_http_is_refused_for_public_addresses_even_under_the_switch() -> None:
    with pytest.raises(EgressRefused):
        check_addresses(parse_target("http://example.com/"), ["8.8.8.8"], allow_loopback=True)
