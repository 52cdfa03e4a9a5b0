import NIOSSL
import TLSIdentity
import TestSupport
import Testing

@testable import Plugins

@Suite("The name in an upstream's certificate") struct ServerIdentityTests {
    @Test(
        "RFC 6125 §6.4: names are equal in any case, and a wildcard stands for one whole label, the first",
        arguments: [
            ("dns.test", "dns.test", true), ("DNS.test", "dns.TEST", true), ("dns.test", "other.test", false),
            ("dns.test", "*.test", true), ("a.dns.test", "*.test", false), ("a.dns.test", "*.dns.test", true),
            ("dns.test", "*.dns.test", false), ("dns.test", "*", false), ("dns", "*", false),
            ("dns.test", "d*.test", false), ("dns.test", "dns.*", false), ("dns.test", "dns.test.", false),
            ("", "", false), ("dns..test", "dns..test", false), ("*.test", "*.test", true),
        ])
    func matches(_ name: String, _ pattern: String, _ expected: Bool) {
        #expect(ServerIdentity.matches(name, pattern) == expected)
    }

    @Test("a certificate's names are its DNS names alone")
    func names() throws {
        let fixture = try SecureFixture(for: "DNS:a.test,IP:192.0.2.1,DNS:*.b.test,email:x@c.test,URI:https://d.test/")
        let certificates = try NIOSSLCertificate.fromPEMFile(fixture.folder.path("server.crt"))
        #expect(certificates.map(ServerIdentity.names) == [["a.test", "*.b.test"]])
    }
}
