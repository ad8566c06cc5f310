"""The network that a running instance is in: a subnet of a VPC, made for this one guest.

    QEMU ── frames ──► wire ──► Lan ─┬─ DHCP, ARP, pings       (of `converters.boot.network`)
                        ▲            ├─ names                  its own; all others are refused
    127.0.0.1:N ── forwarded         ├─ 169.254.169.254:80     the metadata service
                                     └─ connections            to ports of the guest

`Lan` is pure: frames go in, frames come out, and the time is said by who calls. Nothing in it opens
a socket; `wire` ties it to QEMU's end and to a port of the loopback address. What the guest sends
to anybody else is answered with "prohibited": there is no way to anything.

    lan = Lan(guest)                                      guest: all that the metadata service tells
    wire = Wire(lan, computer.network.reader, computer.network.writer)
    serving = asyncio.ensure_future(wire.serve())         until QEMU ends
    async with forwarded(wire) as port: …                 ssh -p {port} 127.0.0.1
    lan.leased                                            the guest is on the network
    lan.guest = replace(guest, tags=…)                    what changes while it runs
    lan.cut()                                             it begins anew: no connection is left
"""
