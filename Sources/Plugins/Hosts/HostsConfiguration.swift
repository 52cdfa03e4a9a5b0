import Corefile
import DNSWire

/// What `hosts` is told.
struct HostsConfiguration: Sendable {
    /// The file, as it is written.
    var path = "/etc/hosts"
    var zones: [String] = []
    /// Lines of the block that are entries, one below the other.
    var inline: [UInt8] = []
    /// Words that stand where an entry's address should.
    var strayWords: [Token] = []
    /// Seconds.
    var ttl = 3_600
    var hasReverse = true
    /// How often the file is looked at; zero for never.
    var reload = Duration.seconds(5)
    /// nil when queries for unknown names are not passed on.
    var fallthroughZones: [String]?
    var passesUnsupported = false

    static let directive = DirectiveDeclaration<HostsConfiguration>(
        name: "hosts", summary: "answers from a hosts file and from entries in the Corefile",
        arguments: .init(
            usage: "[FILE [ZONES...]]", summary: "the file, and the zones that its names must lie in",
            defaultText: "/etc/hosts"
        ) { configuration, reader throws(ConfigurationError) in
            if let file = try reader.optionalNext() { configuration.path = file.text }
            configuration.zones = try reader.zones()
        },
        options: [
            .init("ttl", usage: "SECONDS", "the TTL of the records", defaultText: "3600", read: readTTL),
            .init("no_reverse", "do not answer PTR queries", defaultText: "off") {
                configuration, reader throws(ConfigurationError) in
                try reader.finish()
                configuration.hasReverse = false
            },
            .init(
                "reload", usage: "DURATION", "how often to look at the file, 0s for never", defaultText: "5s",
                read: readReload),
            .init(
                "fallthrough", usage: "[ZONES...]",
                "pass queries for unknown names in these zones on to the next plugin; no entries may follow"
            ) { configuration, reader throws(ConfigurationError) in
                configuration.fallthroughZones = try reader.zones(default: ["."])
            },
            .flag(
                "fallthrough_unsupported", "pass queries of other types than A, AAAA and PTR on as well",
                \.passesUnsupported),
        ],
        otherwise: .init("ADDRESS", usage: "NAMES...", "an entry", repetition: .adds, read: readEntry),
        check: { configuration, reader throws(ConfigurationError) in
            guard configuration.passesUnsupported, configuration.fallthroughZones == nil else { return }
            throw reader.fail(.conflictingOptions, "fallthrough_unsupported requires fallthrough")
        })

    private static func readTTL(
        _ configuration: inout HostsConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        configuration.ttl = try reader.integer("ttl", in: 1...65_535) { problem in
            switch problem.kind {
            case .missing: "ttl needs a time in second"
            case .malformed: "ttl needs a number of second"
            case .outOfRange: "ttl provided is invalid"
            }
        }
    }

    private static func readReload(
        _ configuration: inout HostsConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        guard reader.count <= 1 else {
            throw reader.fail(.wrongArgumentCount, "reload needs a duration (zero seconds to disable)")
        }
        configuration.reload = try reader.duration("reload", min: .zero) { problem in
            switch problem.kind {
            case .missing: "reload needs a duration (zero seconds to disable)"
            case .malformed: "invalid duration for reload '\(problem.text)'"
            case .outOfRange: "invalid negative duration for reload '\(problem.text)'"
            }
        }
    }

    private static func readEntry(
        _ configuration: inout HostsConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        let subject = reader.subject
        guard configuration.fallthroughZones == nil else {
            throw reader.fail(
                .unknownOption, "unknown property '\(QuotedText.excerpt(subject.text))'",
                hint: "entries stand above 'fallthrough'", at: subject)
        }
        let words = try [subject] + reader.remaining()
        if HostsFile.address(Array(subject.text.utf8)[...]) == nil { configuration.strayWords.append(subject) }
        configuration.inline += Array(words.map(\.text).joined(separator: " ").utf8) + [0x0A]
    }
}
