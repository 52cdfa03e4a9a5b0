import Foundation

/// An authority and the certificates it signed, made by the `openssl` program.
struct TestCertificates {
    let directory: TemporaryDirectory

    /// Makes an authority, a server for 127.0.0.1, one for `api.test`, a client, and an authority that signed none of them.
    ///
    /// - Parameter serverNames: what the first server's certificate is for.
    init(serverNames: String = "IP:127.0.0.1") throws {
        directory = try TemporaryDirectory()
        try makeAuthority("ca")
        try makeCertificate("server", extensions: "subjectAltName=\(serverNames)")
        try makeCertificate("named", extensions: "subjectAltName=DNS:api.test")
        try makeCertificate("client", extensions: "extendedKeyUsage=clientAuth")
        try makeAuthority("stranger")
    }

    func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    private func makeAuthority(_ name: String) throws {
        try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
            "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out", "\(name).crt",
        ])
    }

    private func makeCertificate(_ name: String, extensions: String) throws {
        try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", "\(name).key", "-out", "\(name).csr",
        ])
        try directory.write("\(name).ext", extensions + "\n")
        try openssl([
            "x509", "-req", "-in", "\(name).csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days",
            "3650",
            "-extfile", "\(name).ext", "-out", "\(name).crt",
        ])
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(filePath: directory.path)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }
}
