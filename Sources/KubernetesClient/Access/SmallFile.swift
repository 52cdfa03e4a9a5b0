import FoundationEssentials

/// Reading of small files.
enum SmallFile {
    /// The largest file that is read: far above any token, certificate bundle or kubeconfig.
    static let limit = 16 << 20

    /// The bytes of a file.
    ///
    /// - Throws: `unreadableFile` when it is missing, unreadable or beyond the limit.
    static func read(_ path: String) throws(ClusterAccessError) -> [UInt8] {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            guard data.count <= limit else { throw ClusterAccessError(.unreadableFile, "\(path) is too large") }
            return Array(data)
        } catch let error as ClusterAccessError {
            throw error
        } catch {
            throw ClusterAccessError(.unreadableFile, "can not read \(path): \(reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?, .fileNoSuchFile?: "no such file"
        case .fileReadNoPermission?: "permission denied"
        default: "not readable"
        }
    }
}
