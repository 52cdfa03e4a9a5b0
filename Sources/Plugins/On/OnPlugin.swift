import Corefile
import DNSServer
import Logging
import Synchronization

/// `on`: runs commands when the server starts, when it ends and when its configuration changes.
final class OnPlugin: Plugin {
    static let definition = PluginDefinition("on") { directives, context throws(ConfigurationError) in
        let hooks = try Hook.directive.readEach(directives, serverZones: context.block.zones, initial: Hook())
        return OnPlugin(hooks, server: context.server, logger: context.logger(for: "on"))
    }

    let name = "on"
    let leavesQuestionsAlone = true
    private let hooks: [Hook]
    private let server: Server
    private let logger: Logger
    /// Whether nothing has served before this configuration.
    private let isFirst = Mutex(false)

    init(_ hooks: [Hook], server: Server, logger: Logger) {
        self.hooks = hooks
        self.server = server
        self.logger = logger
    }

    func start() async {
        isFirst.withLock { $0 = server.blocks.isEmpty }
    }

    func didStart() async {
        if isFirst.withLock({ $0 }) {
            await run(.startup)
            await run(.instancestartup)
        } else {
            await run(.instancerestart)
        }
    }

    func willShutDown() async {
        await run(.shutdown)
    }

    /// Runs the commands of `event` in the order of their lines; those in the background are not waited for.
    private func run(_ event: Hook.Event) async {
        for hook in hooks where hook.event == event {
            let command = ChildCommand(hook.words, logger: logger)
            guard hook.isInBackground else {
                await command.run(atMost: ChildCommand.patience)
                continue
            }
            guard ChildCommand.enterBackground() else {
                logger.error("\(command): not run, \(ChildCommand.mostInBackground) commands run in the background")
                continue
            }
            Task.detached {
                await command.run()
                ChildCommand.leaveBackground()
            }
        }
    }
}
