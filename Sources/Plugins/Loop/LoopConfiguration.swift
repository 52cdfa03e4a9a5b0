import Corefile

/// What `loop` is told: nothing.
struct LoopConfiguration: Sendable {
    static let directive = DirectiveDeclaration<LoopConfiguration>(
        name: "loop", summary: "finds out whether forwarded queries come back, and ends the process if they do")
}
