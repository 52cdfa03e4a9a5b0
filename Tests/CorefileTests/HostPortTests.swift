import Testing

@testable import Corefile

@Suite("Hosts and ports")
struct HostPortTests {
    @Test(
        "A host and a port are read in every form",
        arguments: [
            (":8080", nil, ":8080"), ("localhost:8080", nil, "localhost:8080"), ("127.0.0.1:53", nil, "127.0.0.1:53"),
            ("[::1]:53", nil, "[::1]:53"), ("127.0.0.1", 53, "127.0.0.1:53"), ("::1", 53, "[::1]:53"),
            ("[::1]", 53, "[::1]:53"), ("fe80::1%eth0", 53, "[fe80::1%eth0]:53"), ("", 53, ":53"), ("a:1", 53, "a:1"),
            ("localhost:", nil, "localhost:0"),
        ] as [(String, Int?, String)])
    func read(_ text: String, _ defaultPort: Int?, _ expected: String) throws {
        #expect(try HostPort(text, defaultPort: defaultPort).description == expected)
    }

    @Test(
        "What is no host and port is an error in Go's words",
        arguments: [
            ("127.0.0.1", "address 127.0.0.1: missing port in address"),
            ("a:b:c", "address a:b:c: too many colons in address"), ("[::1", "address [::1: missing ']' in address"),
            ("[::1]x", "address [::1]x: invalid address"), ("a:x", "address a:x: invalid port"),
            ("a:65536", "address a:65536: invalid port"), ("a:-1", "address a:-1: invalid port"),
            ("a:99999999999999999999", "address a:99999999999999999999: invalid port"),
        ])
    func mistakes(_ text: String, _ message: String) {
        #expect { try HostPort(text) } throws: { "\($0)" == message }
    }
}
