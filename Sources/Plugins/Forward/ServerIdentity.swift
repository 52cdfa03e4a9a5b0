import NIOCore
import NIOSSL

/// Whether a server is the one that was meant.
///
/// The TLS library takes a certificate for the address of a connection even where a name is expected. Whoever answers the
/// question for the address of an upstream could so send its queries to a server with an honest certificate for another
/// address. Where a name is known, the certificate must be for that name.
enum ServerIdentity {
    struct Mismatch: Error {}

    /// Looks at the certificate that came over `channel`, of which the library has verified all else.
    ///
    /// - Parameter name: the name that is expected; nil where the address is, which the library has compared.
    /// - Throws: ``Mismatch``, and the library's error when TLS is not agreed upon.
    static func check(_ name: String?, on channel: any Channel) throws {
        guard let name else { return }
        guard let certificate = try channel.pipeline.syncOperations.nioSSL_peerCertificate(),
            names(of: certificate).contains(where: { matches(name, $0) })
        else { throw Mismatch() }
    }

    /// The DNS names among the alternative names of a certificate's subject.
    static func names(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().filter { $0.nameType == .dnsName }.map {
            String(decoding: $0.contents, as: UTF8.self)
        }
    }

    /// Whether a name is the one of a certificate, or one label below its wildcard (RFC 6125 §6.4.3).
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let labels = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let expected = pattern.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count == expected.count, !labels.contains("") else { return false }
        if labels == expected { return true }
        return expected.first == "*" && expected.count > 1 && labels.dropFirst() == expected.dropFirst()
    }
}
