import Corefile

/// A plugin that says where relative file names of its server block start from: `root`.
package protocol FileFolderProvider: Plugin {
    /// A path, without a slash at its end.
    var folder: String { get }
}

extension PluginContext {
    /// The path of a file that a directive names: a relative one starts from the block's folder, which is that of `root`, else the
    /// Corefile's.
    package func path(of file: String) -> String { FilePath.path(of: file, in: directory) }
}
