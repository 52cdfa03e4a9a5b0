import TestSupport
import Testing

/// The name servers that can stand behind the server under test, by the names of their programs.
enum NameServerProgram: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case knot = "knotd"
    case nsd
    case unbound

    /// The largest message that they send over UDP, in octets: Knot DNS takes no more.
    static let largestDatagram = 4_096

    var testDescription: String { rawValue }

    /// The programs that are not installed.
    static let missing = allCases.map(\.rawValue).filter { Command.path(of: $0) == nil }

    /// - Throws: when it is not installed.
    func path() throws -> String {
        guard let path = Command.path(of: rawValue) else { throw Missing(program: rawValue) }
        return path
    }

    private struct Missing: Error {
        var program: String
    }

    /// What keeps it in the foreground and names its configuration.
    var arguments: [String] {
        switch self {
        case .knot: ["-c", "configuration"]
        case .nsd: ["-d", "-c", "configuration"]
        case .unbound: ["-d", "-p", "-c", "configuration"]
        }
    }

    /// The text of its configuration.
    func configuration(_ setup: NameServer.Setup, port: Int, folder: String) -> String {
        let lines = setup.serverLines.split(separator: "\n").map { "    \($0)\n" }.joined()
        switch self {
        case .knot: return knot(setup, lines, port: port, folder: folder) + setup.otherLines + "\n"
        case .nsd: return nsd(setup, lines, port: port, folder: folder) + setup.otherLines + "\n"
        case .unbound: return unbound(setup, lines, port: port, folder: folder) + setup.otherLines + "\n"
        }
    }

    private func knot(_ setup: NameServer.Setup, _ lines: String, port: Int, folder: String) -> String {
        """
        server:
            listen: \(setup.address)@\(port)
            rundir: \(folder)
            udp-workers: 1
            tcp-workers: 1
            background-workers: 1
            udp-max-payload: \(Self.largestDatagram)
        \(lines)
        log:
          - target: stderr
            any: info
        database:
            storage: \(folder)
        template:
          - id: default
            storage: \(folder)
            zonefile-sync: -1
            zonefile-load: whole
            journal-content: none
        zone:
        \(setup.zones.map { "  - domain: \($0.name)\n    file: \($0.file)\n" }.joined())

        """
    }

    private func nsd(_ setup: NameServer.Setup, _ lines: String, port: Int, folder: String) -> String {
        """
        server:
            ip-address: \(setup.address)@\(port)
            server-count: 1
            ipv4-edns-size: \(Self.largestDatagram)
            rrl-ratelimit: 0
            username: ""
            chroot: ""
            database: ""
            pidfile: ""
            zonesdir: "\(folder)"
            zonelistfile: "\(folder)/zones"
            xfrdfile: "\(folder)/xfrd"
            xfrdir: "\(folder)"
        \(lines)
        remote-control:
            control-enable: no
        \(setup.zones.map { "zone:\n    name: \($0.name)\n    zonefile: \($0.file)\n" }.joined())

        """
    }

    /// Answers for its zones as an authority does, and asks nobody outside this machine about any other.
    private func unbound(_ setup: NameServer.Setup, _ lines: String, port: Int, folder: String) -> String {
        """
        server:
            interface: \(setup.address)
            port: \(port)
            outgoing-interface: 127.0.0.1
            access-control: 0.0.0.0/0 allow
            num-threads: 1
            max-udp-size: \(Self.largestDatagram)
            rrset-roundrobin: no
            do-daemonize: no
            do-not-query-localhost: no
            username: ""
            chroot: ""
            directory: "\(folder)"
            pidfile: ""
            use-syslog: no
            logfile: ""
            local-zone: "." refuse
        \(setup.zones.map { "    local-zone: \($0.name) transparent\n" }.joined())
        \(lines)
        remote-control:
            control-enable: no
        \(setup.zones.map(Self.authZone).joined())

        """
    }

    private static func authZone(_ zone: Zone) -> String {
        """
        auth-zone:
            name: \(zone.name)
            zonefile: \(zone.file)
            for-downstream: yes
            for-upstream: no
            fallback-enabled: no

        """
    }
}
