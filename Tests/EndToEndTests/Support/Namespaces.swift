import Foundation
import TestSupport

/// Three networks on this machine, of the client, the server and its upstream, with links of their own between them.
struct Namespaces: Sendable {
    /// The server as the client sees it, and the upstream as the server sees it; addresses for measurements (RFC 2544).
    static let server = "198.18.1.1"
    static let upstream = "198.18.2.2"

    /// Whether this system lets us make them.
    static let areAllowed: Bool = {
        guard getuid() == 0, let ip = Command.path(of: "ip"), Command.path(of: "nft") != nil else { return false }
        let name = "needletail-\(getpid())-trial"
        guard isDone(ip, ["netns", "add", name]) else { return false }
        return isDone(ip, ["netns", "delete", name])
    }()

    private static func isDone(_ path: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// One of the networks.
    enum Place: String, CaseIterable, Sendable {
        case client
        case server
        case upstream
    }

    /// Runs `body` with the networks, and takes them away whatever happens; what runs in them must have ended.
    static func run<Result>(_ body: (Namespaces) async throws -> Result) async throws -> Result {
        let networks = Namespaces()
        do {
            try await networks.make()
            let result = try await body(networks)
            await networks.remove()
            return result
        } catch {
            await networks.remove()
            throw error
        }
    }

    /// What stands before a command that is to run in one of them.
    func inside(_ place: Place) throws -> [String] {
        guard let ip = Command.path(of: "ip") else { throw OutOfPatience(description: "ip is not installed") }
        return [ip, "netns", "exec", name(place)]
    }

    private func name(_ place: Place) -> String { "needletail-\(getpid())-\(place.rawValue)" }

    private func make() async throws {
        for place in Place.allCases {
            try await Command.run(["ip", "netns", "add", name(place)])
            try await Command.run(["ip", "-n", name(place), "link", "set", "lo", "up"])
        }
        try await connect((.client, "front", "198.18.1.2"), (.server, "clients", Self.server))
        try await connect((.server, "back", "198.18.2.1"), (.upstream, "servers", Self.upstream))
    }

    private typealias End = (place: Place, link: String, address: String)

    private func connect(_ one: End, _ other: End) async throws {
        try await Command.run(
            ["ip", "link", "add", one.link, "netns", name(one.place), "type", "veth", "peer", "name", other.link]
                + ["netns", name(other.place)])
        for end in [one, other] {
            let ip = ["ip", "-n", name(end.place)]
            try await Command.run(ip + ["address", "add", "\(end.address)/24", "dev", end.link])
            try await Command.run(ip + ["link", "set", end.link, "up"])
        }
    }

    private func remove() async {
        for place in Place.allCases { _ = try? await Command.run(["ip", "netns", "delete", name(place)]) }
    }

    // MARK: Losses

    /// Loses so many of a hundred packets between server and upstream, each way, where they arrive.
    func lose(percent: Int) async throws {
        for (place, link) in [(Place.server, "back"), (.upstream, "servers")] {
            let rules = """
                add table inet losses
                add chain inet losses input { type filter hook input priority 0; }
                add rule inet losses input iifname \(link) numgen random mod 100 < \(percent) counter drop
                """
            try await Command.run(inside(place) + ["nft", rules])
        }
    }

    /// How many packets were lost on the way to the upstream and on the way back.
    func losses() async throws -> [Int] {
        var losses: [Int] = []
        for place in [Place.upstream, .server] {
            let text = try await Command.run(inside(place) + ["nft", "list", "table", "inet", "losses"])
            let words = text.split(whereSeparator: \.isWhitespace)
            let index = words.firstIndex(of: "packets").map { $0 + 1 } ?? words.endIndex
            losses.append(words.indices.contains(index) ? Int(words[index]) ?? 0 : 0)
        }
        return losses
    }
}
