import TestSupport
import Testing

/// A zone that the tools of libldns have signed just now, with one key for all.
struct SignedZone: Sendable {
    /// The programs that sign.
    static let programs = ["ldns-keygen", "ldns-signzone"]

    let zone: Zone
    /// The DNSKEY record that validators trust.
    let anchor: String

    /// The data of that record as BIND's configurations have it: flags, protocol, algorithm, and the key in quotes.
    var quotedKey: String {
        get throws {
            let data = try #require(anchor.split(separator: ";").first?.split(separator: "DNSKEY").last)
            let fields = data.split(whereSeparator: \.isWhitespace)
            return "\(fields.prefix(3).joined(separator: " ")) \"\(fields.dropFirst(3).joined())\""
        }
    }

    /// Signs a zone.
    ///
    /// - Parameter options: further arguments of `ldns-signzone`.
    static func sign(_ zone: Zone, _ options: [String] = []) async throws -> SignedZone {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(zone.text, to: zone.file)
        let keygen = ["ldns-keygen", "-r", "/dev/urandom", "-a", "ECDSAP256SHA256", "-k", zone.name]
        let output = try await Command.run(keygen, in: folder)
        // Its last line is the name of the key's files.
        let key = output.split(separator: "\n").last.map(String.init) ?? ""
        try await Command.run(["ldns-signzone", "-f", "signed"] + options + [zone.file, key], in: folder)
        return SignedZone(zone: Zone(zone.name, text: try folder.read("signed")), anchor: try folder.read(key + ".key"))
    }
}
