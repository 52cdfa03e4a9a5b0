import DNSServer

/// `debug`: has lines for debugging written, by the whole process, as long as a configuration with it serves.
final class DebugPlugin: Plugin {
    static let definition = PluginDefinition.plugin("debug") { DebugPlugin($0.server.debug) }

    let name = "debug"
    let leavesQuestionsAlone = true
    private let debug: DebugSwitch

    init(_ debug: DebugSwitch) {
        self.debug = debug
    }

    /// What the plugins behind do to start is worth seeing already.
    func start() async {
        debug.hold()
    }

    func stop() async {
        debug.release()
    }
}
