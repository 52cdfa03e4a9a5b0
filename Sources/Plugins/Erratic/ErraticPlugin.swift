import Corefile
import DNSServer
import Synchronization

/// `erratic`: answers late, cut short, too large or not at all, to test clients with.
final class ErraticPlugin: Plugin {
    /// What `erratic` is told: of how many queries one is treated so, 0 for none.
    struct Configuration: Sendable {
        /// Nil where nothing is said.
        var drop: UInt64?
        var truncate: UInt64 = 0
        var delay: UInt64 = 0
        var duration = Duration.milliseconds(100)
        /// Whether an A question gets 30 records.
        var isLarge = false

        /// Every second query is dropped, unless something else is to be done.
        var effectiveDrop: UInt64 { drop ?? (delay > 0 || truncate > 0 ? 0 : usual) }
    }

    static let definition = PluginDefinition.plugin(directive, initial: Configuration()) { configuration, _ in
        ErraticPlugin(configuration)
    }

    private static let directive = DirectiveDeclaration<Configuration>(
        name: "erratic", oncePerBlock: false,
        options: [
            .init("drop") { configuration, reader throws(ConfigurationError) in
                try reader.finish(behind: 1)
                configuration.drop = try amount(&reader)
            },
            .init("truncate") { configuration, reader throws(ConfigurationError) in
                try reader.finish(behind: 1)
                configuration.truncate = try amount(&reader)
            },
            .init("delay") { configuration, reader throws(ConfigurationError) in
                try reader.finish(behind: 2)
                configuration.delay = try amount(&reader)
                configuration.duration = .milliseconds(100)
                if reader.upcoming != nil { configuration.duration = try reader.duration("DURATION") }
            },
            .flag("large", \.isLarge),
        ])

    private static let usual: UInt64 = 2

    private static func amount(_ reader: inout ArgumentReader) throws(ConfigurationError) -> UInt64 {
        guard let token = try reader.optionalNext() else { return usual }
        let text = QuotedText.doubleQuoted(QuotedText.excerpt(token.text))
        guard let number = Int32(token.text) else {
            throw reader.fail(
                .invalidValue, "strconv.ParseInt: parsing \(text): invalid syntax",
                hint: "AMOUNT is a whole number: one of so many queries is treated so")
        }
        guard number >= 0 else {
            throw reader.fail(.invalidValue, "illegal amount value given \(text)", hint: "0 is for none")
        }
        return UInt64(number)
    }

    let name = "erratic"
    private let configuration: Configuration
    /// How many queries have come, to all workers.
    private let queries = Atomic<UInt64>(0)

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// As in CoreDNS, so that what watches readiness sees it come and go.
    var isReady: Bool? { (3..<5).contains(queries.load(ordering: .relaxed)) }

    func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        ErraticHandler(configuration) { [self] in queries.add(1, ordering: .relaxed).oldValue }
    }
}
