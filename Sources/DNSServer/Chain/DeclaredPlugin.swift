package import Corefile

/// What the block and the chain want to know of a plugin that is nothing but its declaration.
package struct PluginTraits: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// ``Plugin/leavesQuestionsAlone``.
    package static let leavesQuestionsAlone = PluginTraits(rawValue: 1)
    /// ``Plugin/acceptsAllClasses``.
    package static let acceptsAllClasses = PluginTraits(rawValue: 2)
}

/// A plugin whose handlers are all there is of it: no state between workers, nothing to start or stop.
package final class DeclaredPlugin: Plugin {
    package let name: String
    private let traits: PluginTraits
    private let make: @Sendable (Worker) -> any QueryHandler

    /// - Parameter make: makes the part in a worker's chain.
    package init(_ name: String, _ traits: PluginTraits, _ make: @escaping @Sendable (Worker) -> any QueryHandler) {
        self.name = name
        self.traits = traits
        self.make = make
    }

    package var leavesQuestionsAlone: Bool { traits.contains(.leavesQuestionsAlone) }
    package var acceptsAllClasses: Bool { traits.contains(.acceptsAllClasses) }
    package func makeHandler(for worker: Worker) -> (any QueryHandler)? { make(worker) }
}

/// Which of several uses of a directive in one server block counts.
package enum SeveralUses: Sendable {
    /// They are read one after the other into one configuration, so that what is said later counts.
    case merged
    /// The first one; the others are read and must be right.
    case first
}

/// The short ways to define a plugin, each of which says its name once.
extension PluginDefinition {
    /// A plugin without arguments that answers or changes queries: `handler` makes its part in each worker's chain.
    ///
    /// - Parameter name: the directive, which may stand several times in a block.
    package static func handler(
        _ name: String, _ traits: PluginTraits = [], _ handler: @escaping @Sendable () -> any QueryHandler
    ) -> PluginDefinition {
        Self.handler(bare(name), initial: (), traits) { _ in handler() }
    }

    /// A plugin with arguments that answers or changes queries: `handler` makes its part in each worker's chain.
    ///
    /// - Parameter initial: what holds where the directive says nothing.
    package static func handler<Configuration: Sendable>(
        _ directive: DirectiveDeclaration<Configuration>, initial: Configuration, several: SeveralUses = .merged,
        _ traits: PluginTraits = [], _ handler: @escaping @Sendable (Configuration) -> any QueryHandler
    ) -> PluginDefinition {
        plugin(directive, initial: initial, several: several) { configuration, _ in
            DeclaredPlugin(directive.name, traits) { _ in handler(configuration) }
        }
    }

    /// A plugin without arguments that is more than its handlers.
    ///
    /// - Parameter name: the directive, which may stand several times in a block.
    package static func plugin(
        _ name: String, _ make: @escaping @Sendable (PluginContext) throws -> any Plugin
    ) -> PluginDefinition {
        plugin(bare(name), initial: ()) { _, context in try make(context) }
    }

    /// A plugin with arguments that is more than its handlers.
    ///
    /// What `make` throws that is no ``ConfigurationError`` becomes one, at the directive.
    /// - Parameter initial: what holds where the directive says nothing.
    package static func plugin<Configuration: Sendable>(
        _ directive: DirectiveDeclaration<Configuration>, initial: Configuration, several: SeveralUses = .merged,
        _ make: @escaping @Sendable (Configuration, PluginContext) throws -> any Plugin
    ) -> PluginDefinition {
        PluginDefinition(directive.name) { directives, context throws(ConfigurationError) in
            var configuration = initial
            switch several {
            case .merged:
                configuration = try directive.read(
                    directives, serverZones: context.block.zones, initial: initial)
            case .first:
                let all = try directive.readEach(directives, serverZones: context.block.zones, initial: initial)
                configuration = all.first ?? initial
            }
            do {
                return try make(configuration, context)
            } catch let error as ConfigurationError {
                throw error
            } catch {
                throw ConfigurationError(
                    .invalidValue, "\(error)", at: directives[0].name, plugin: directive.name)
            }
        }
    }

    private static func bare(_ name: String) -> DirectiveDeclaration<Void> {
        DirectiveDeclaration(name: name, oncePerBlock: false)
    }
}
