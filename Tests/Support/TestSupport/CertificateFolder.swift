import Foundation

/// A folder with an authority, `ca`, and the certificates that it signed, made by the `openssl` program.
///
/// Each name stands for a certificate, `NAME.crt`, and its key, `NAME.key`. The folder goes with the object.
package final class CertificateFolder: Sendable {
    private let folder: URL

    /// Makes the authority.
    ///
    /// - Throws: when there is no such program.
    package init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try makeAuthority("ca")
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// The folder's path.
    package var path: String { folder.path }

    /// The path of a file.
    package func path(_ file: String) -> String { folder.appending(path: file).path }

    /// Makes another authority.
    package func makeAuthority(_ name: String) throws {
        try openssl(["req", "-x509", "-days", "3650", "-subj", "/CN=\(name)", "-out", "\(name).crt"] + Self.key(name))
    }

    /// Makes a certificate.
    ///
    /// - Parameters:
    ///   - subjects: what it is for: `DNS:dns.test`, `IP:127.0.0.1`, several with commas between; nothing for a client.
    ///   - isExpired: whether its time was over yesterday.
    package func makeCertificate(
        _ name: String, for subjects: String? = nil, by authority: String = "ca", isExpired: Bool = false
    ) throws {
        try openssl(["req", "-subj", "/CN=\(name)", "-out", "\(name).csr"] + Self.key(name))
        let extensions = subjects.map { "subjectAltName=\($0)" } ?? "extendedKeyUsage=clientAuth"
        try Data("\(extensions)\n".utf8).write(to: folder.appending(path: "\(name).ext"))
        try openssl([
            "x509", "-req", "-in", "\(name).csr", "-CA", "\(authority).crt", "-CAkey", "\(authority).key",
            "-CAcreateserial", "-days", isExpired ? "-1" : "3650", "-extfile", "\(name).ext", "-out", "\(name).crt",
        ])
    }

    private static func key(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(name).key"]
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw OutOfPatience(description: "openssl \(arguments.joined(separator: " ")) failed")
        }
    }
}
