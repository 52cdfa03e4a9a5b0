import Corefile
import DNSServer
import Expressions
import Synchronization

/// `view`: has its server block take only the queries for which its expressions are true.
final class ViewPlugin: Plugin {
    /// What `view` is told.
    struct Configuration: Sendable {
        var name = ""
        /// All of them must be true.
        var expressions: [CompiledExpression] = []
    }

    static let definition = PluginDefinition.plugin(directive, initial: Configuration()) { configuration, _ in
        ViewPlugin(configuration)
    }

    private static let directive = DirectiveDeclaration<Configuration>(
        name: "view",
        arguments: .init { configuration, reader throws(ConfigurationError) in
            configuration.name = try reader.next("NAME").text
        },
        options: [
            .init("expr", repetition: .adds) { configuration, reader throws(ConfigurationError) in
                configuration.expressions.append(try expression(&reader))
            }
        ])

    let name = "view"
    /// It has a part in CoreDNS's chain, which passes everything on.
    let isPartOfChain = true
    let leavesQuestionsAlone = true
    private let configuration: Configuration
    /// What the function `metadata` asks; set before any query comes.
    private let collector = Mutex<(any MetadataCollector)?>(nil)

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    func connect(to block: PluginSet) throws(ConfigurationError) {
        let found = block.first(of: (any MetadataCollector).self)
        collector.withLock { $0 = found }
    }

    /// Reads the rest of the line, as words joined with blanks.
    private static func expression(_ reader: inout ArgumentReader) throws(ConfigurationError) -> CompiledExpression {
        let words = try reader.remaining()
        do throws(ExpressionError) {
            return try CompiledExpression(
                words.map(\.text).joined(separator: " "), functions: ViewSubject.functions)
        } catch {
            throw reader.fail(.invalidValue, "\(error)", at: word(at: error.position, of: words))
        }
    }

    /// The word in which the character at `position` of the joined text stands; nil without words.
    private static func word(at position: Int, of words: [Token]) -> Token? {
        var start = 0
        for word in words {
            start += word.text.unicodeScalars.count + 1
            if position < start { return word }
        }
        return words.last
    }
}

extension ViewPlugin: QueryPredicate {
    func makePredicate(for worker: Worker) -> any BlockPredicate {
        ViewPredicate(configuration.expressions, ViewSubject(collector.withLock { $0 }))
    }
}

extension ViewPlugin: MetadataProvider {
    var metadataLabels: [String] { ["view/name"] }

    func metadata(_ label: String, for query: Query) -> String? { configuration.name }
}

/// Evaluates the expressions of a view in one worker.
final class ViewPredicate: BlockPredicate {
    private let expressions: [CompiledExpression]
    private let subject: ViewSubject
    private let run: ExpressionRun

    init(_ expressions: [CompiledExpression], _ subject: ViewSubject) {
        self.expressions = expressions
        self.subject = subject
        run = ExpressionRun(subject)
    }

    /// Whether all expressions are true; one that has no value is not.
    func holds(for query: Query) -> Bool {
        subject.query = query
        defer { subject.query = nil }
        for expression in expressions {
            guard let isTrue = try? expression.isTrue(in: run), isTrue else { return false }
        }
        return true
    }
}
