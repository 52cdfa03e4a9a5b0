package import NIOCore
package import NIOSSL

/// Whether a server is the one that was meant.
///
/// The TLS library takes a certificate for the address of a connection even where a name is expected. Whoever answers the question for
/// the address of an upstream, or stands at the API server's address, could so take the place of a server with an honest certificate
/// for that address. Where a name is known, the certificate must be for that name; where an address is, for that address.
package enum ServerIdentity {
    /// What a certificate must be for.
    package enum Expected: Sendable, Hashable {
        /// A host name.
        case name(String)
        /// An address of four or sixteen octets.
        case address([UInt8])
    }

    /// The certificate is for another server.
    package struct Mismatch: Error {}

    /// Looks at the certificate that came over `channel`, of which the library has verified all else.
    ///
    /// It is called on the channel's event loop.
    ///
    /// - Parameter name: the name that is expected; nil where the address is, which the library has compared.
    /// - Throws: ``Mismatch``, and the library's error when TLS is not agreed upon.
    package static func check(_ name: String?, on channel: any Channel) throws {
        guard let name else { return }
        try check(.name(name), on: channel)
    }

    /// Looks at the certificate that came over `channel`, of which the library has verified all else.
    ///
    /// It is called on the channel's event loop.
    ///
    /// - Throws: ``Mismatch``, and the library's error when TLS is not agreed upon.
    package static func check(_ expected: Expected, on channel: any Channel) throws {
        guard let certificate = try channel.pipeline.syncOperations.nioSSL_peerCertificate(),
            isFor(expected, certificate)
        else { throw Mismatch() }
    }

    /// Whether a certificate is for a server.
    ///
    /// Its subject's common name says nothing (RFC 9525 §2).
    package static func isFor(_ expected: Expected, _ certificate: NIOSSLCertificate) -> Bool {
        switch expected {
        case .name(let name): names(of: certificate).contains { matches(name, $0) }
        case .address(let octets):
            certificate._subjectAlternativeNames().contains {
                $0.nameType == .ipAddress && $0.contents.elementsEqual(octets)
            }
        }
    }

    /// The DNS names among the alternative names of a certificate's subject.
    package static func names(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().filter { $0.nameType == .dnsName }.map {
            String(decoding: $0.contents, as: UTF8.self)
        }
    }

    /// Whether a name is the one of a certificate, or one label below its wildcard (RFC 6125 §6.4.3).
    package static func matches(_ name: String, _ pattern: String) -> Bool {
        let labels = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let expected = pattern.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count == expected.count, !labels.contains("") else { return false }
        if labels == expected { return true }
        return expected.first == "*" && expected.count > 1 && labels.dropFirst() == expected.dropFirst()
    }
}
