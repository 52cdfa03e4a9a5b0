import Corefile
import DNSServer
import Glibc
import Logging

/// `root`: says where relative file names of its server block start from.
final class RootPlugin: Plugin, FileFolderProvider {
    static let definition = PluginDefinition.plugin(
        DirectiveDeclaration<Token?>(name: "root", arguments: .one(.word("PATH"), \.self)), initial: nil
    ) { token, context in
        guard let token else { return RootPlugin(folder: context.directory, context.logger(for: "root")) }
        let plugin = RootPlugin(folder: context.path(of: token.text), context.logger(for: "root"))
        if case let code = plugin.problem, code != 0, code != ENOENT {
            throw ConfigurationError(
                .unreadableFile,
                "unable to access root path '\(plugin.folder)': \(unsafe String(cString: strerror(code)))", at: token,
                hint: "relative file names of this server block start there", plugin: "root")
        }
        return plugin
    }

    let name = "root"
    let leavesQuestionsAlone = true
    let folder: String
    private let logger: Logger

    init(folder: String, _ logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    /// What the system says of the folder: 0, or an error's number.
    private var problem: Int32 {
        var status = Glibc.stat()
        return unsafe stat(folder, &status) == 0 ? 0 : errno
    }

    /// A folder that is not there may come later.
    func start() async {
        if problem == ENOENT { logger.warning("Root path does not exist: \(folder)") }
    }
}
