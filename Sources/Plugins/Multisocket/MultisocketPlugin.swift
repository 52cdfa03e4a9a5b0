import Corefile
import DNSServer

/// `multisocket`: says how many workers receive the queries of the addresses of a server block.
final class MultisocketPlugin: Plugin, WorkerCountProvider {
    static let definition = PluginDefinition.plugin(
        DirectiveDeclaration<Int?>(name: "multisocket", arguments: .optional(number, \.self)), initial: nil
    ) { count, _ in MultisocketPlugin(count) }

    /// CoreDNS's limit.
    private static let most = 1_024

    private static let number = Argument<Int>.integer("NUMBER", in: 1...most) { problem in
        guard problem.kind == .outOfRange else { return "invalid num sockets: \(problem.message)" }
        return problem.text.hasPrefix("-") || Int(problem.text) == 0
            ? "num sockets can not be zero or negative: \(problem.text)"
            : "num sockets exceeds maximum (\(most)): \(problem.text)"
    }

    let name = "multisocket"
    let leavesQuestionsAlone = true
    /// Nil for all workers there are.
    let workerCount: Int?

    init(_ workerCount: Int?) {
        self.workerCount = workerCount
    }
}
