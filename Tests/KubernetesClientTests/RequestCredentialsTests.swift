import Foundation
import NIOSSL
import Testing

@testable import KubernetesClient

@Suite("Tokens and certificates are kept up with their files")
struct RequestCredentialsTests {
    private let files: TestCertificates
    private let server = ServerAddress(host: "127.0.0.1", port: 6443)

    init() throws { files = try TestCertificates() }

    @Test("A token is read again after a minute, not before")
    func minute() throws {
        let path = try files.directory.write("token", "one")
        let access = ClusterAccess(server: server, credential: .tokenFile(path))
        let credentials = try RequestCredentials(access: access, now: .zero)
        #expect(try credentials.token(now: .zero) == "one")
        try files.directory.write("token", "two")
        #expect(try credentials.token(now: .seconds(59)) == "one")
        #expect(try credentials.token(now: .seconds(60)) == "two")
    }

    @Test("A token that was refused is read again at once")
    func refused() throws {
        let path = try files.directory.write("token", "one")
        let access = ClusterAccess(server: server, credential: .tokenFile(path))
        let credentials = try RequestCredentials(access: access, now: .zero)
        #expect(try credentials.token(now: .zero) == "one")
        try files.directory.write("token", "two")
        credentials.rejectToken()
        #expect(try credentials.token(now: .seconds(1)) == "two")
    }

    @Test("A token file that is gone leaves the last token; one that never was is a failure")
    func gone() throws {
        let path = try files.directory.write("token", "one")
        let access = ClusterAccess(server: server, credential: .tokenFile(path))
        let credentials = try RequestCredentials(access: access, now: .zero)
        #expect(try credentials.token(now: .zero) == "one")
        try FileManager.default.removeItem(atPath: path)
        #expect(try credentials.token(now: .seconds(61)) == "one")
        let fresh = try RequestCredentials(access: access, now: .zero)
        let failure = #expect(throws: APIFailure.self) { try fresh.token(now: .zero) }
        #expect(failure?.kind == "no credentials")
    }

    @Test("Certificates that can not be parsed leave the last good ones")
    func halfWritten() throws {
        let access = ClusterAccess(server: server, authority: .file(files.path("ca.crt")))
        let credentials = try RequestCredentials(access: access, now: .zero)
        let before = try #require(credentials.tlsConfiguration(now: .zero))
        try files.directory.write("ca.crt", "-----BEGIN CERTIFICATE-----\n")
        let after = try #require(credentials.tlsConfiguration(now: .seconds(61)))
        #expect(after.bestEffortEquals(before))
        try files.directory.write("ca.crt", String(decoding: files.directory.read("stranger.crt"), as: UTF8.self))
        let changed = try #require(credentials.tlsConfiguration(now: .seconds(122)))
        #expect(!changed.bestEffortEquals(before))
    }

    @Test("Without TLS there is no configuration")
    func plain() throws {
        let access = ClusterAccess(server: ServerAddress(isSecure: false, host: "h", port: 1))
        let credentials = try RequestCredentials(access: access, now: .zero)
        #expect(credentials.tlsConfiguration(now: .zero) == nil)
        #expect(try credentials.token(now: .zero) == nil)
    }
}
