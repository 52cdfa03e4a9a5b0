import Basics
import FoundationEssentials
import KubernetesClient
import Logging

/// A folder of manifests, looked through again and again: what its files say, and for a file that has become unreadable what it said
/// last.
struct ManifestFolder {
    /// One file as it was when it was last read.
    private struct File {
        var stamp: FileStamp
        var manifests: Manifests
    }

    private let path: String
    private let logger: Logger
    private var files: [String: File] = [:]
    private var isMissing = false

    init(_ path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// Whether `path` is a folder.
    static func isFolder(_ path: String) -> Bool {
        FileStamp(path)?.kind == .folder
    }

    /// What all files say together, in the order of their names.
    var manifests: Manifests {
        var all = Manifests()
        for (_, file) in files.sorted(by: { $0.key < $1.key }) { all.add(file.manifests) }
        return all.completed
    }

    /// Looks through the folder: files named `*.yaml`, `*.yml` and `*.json`, hidden ones not.
    ///
    /// - Returns: whether something has changed; false also when the folder cannot be read, and all stays as it was.
    mutating func scan() -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            if !isMissing { logger.error("manifests: the folder '\(path)' cannot be read; its last contents stay") }
            isMissing = true
            return false
        }
        isMissing = false
        var hasChanged = false
        var seen: Set<String> = []
        for name in names.sorted() where Self.isManifest(name) {
            guard let stamp = FileStamp("\(path)/\(name)"), stamp.kind == .file else { continue }
            seen.insert(name)
            guard files[name]?.stamp != stamp else { continue }
            hasChanged = read(name, stamp) || hasChanged
        }
        for name in files.keys where !seen.contains(name) {
            files[name] = nil
            hasChanged = true
        }
        return hasChanged
    }

    private static func isManifest(_ name: String) -> Bool {
        !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
    }

    /// Reads a file; a mistake in it is logged, once, and leaves what it said before.
    private mutating func read(_ name: String, _ stamp: FileStamp) -> Bool {
        do {
            let manifests = try Self.parse("\(path)/\(name)")
            files[name] = File(stamp: stamp, manifests: manifests)
            warn(manifests, name)
            return true
        } catch {
            let rest = files[name] == nil ? "it is left out" : "its last good contents stay"
            logger.error("manifests: \(path)/\(name): \(error); \(rest)")
            files[name] = File(stamp: stamp, manifests: files[name]?.manifests ?? Manifests())
            return false
        }
    }

    private static func parse(_ path: String) throws(Manifests.Mistake) -> Manifests {
        let octets: [UInt8]
        do {
            octets = try FileReader.read(path, atMost: Manifests.sizeLimit)
        } catch {
            throw Manifests.Mistake(description: "cannot be read: \(error)")
        }
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw Manifests.Mistake(description: "not UTF-8")
        }
        return try Manifests(parsing: text)
    }

    /// Tells of the first services that have no address.
    private func warn(_ manifests: Manifests, _ name: String) {
        let bare = manifests.services.filter { $0.kind != .externalName && !$0.isHeadless && $0.clusterIPs.isEmpty }
        for service in bare.prefix(Self.mostWarnings) {
            let key = service.metadata.key.description.clipped()
            logger.warning("manifests: \(path)/\(name): service \(key) has no clusterIP and so no address")
        }
        if bare.count > Self.mostWarnings {
            logger.warning("manifests: \(path)/\(name): and so have \(bare.count - Self.mostWarnings) other services")
        }
    }

    private static let mostWarnings = 10
}

/// Follows a folder of manifests and tells a cluster's state what it says.
struct ManifestWatch: Sendable {
    private let path: String
    private let state: ClusterState
    private let scope: ClusterSource.Scope
    private let logger: Logger

    /// How long a change may go unseen.
    private static let pause = Duration.seconds(1)

    init(_ path: String, _ state: ClusterState, _ scope: ClusterSource.Scope, logger: Logger) {
        self.path = path
        self.state = state
        self.scope = scope
        self.logger = logger
    }

    /// Looks again every second until the task is cancelled.
    func run() async {
        var folder = ManifestFolder(path, logger: logger)
        var isFirst = true
        while !Task.isCancelled {
            if folder.scan() || isFirst { await tell(folder.manifests) }
            isFirst = false
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func tell(_ all: Manifests) async {
        let manifests = all.selected(by: scope.labels, namespaces: scope.namespaceLabels)
        let resources = scope.resources
        for event in ResourceEvent.state(manifests.namespaces) { await state.take(event) }
        if resources.contains(.endpointSlices) {
            for event in ResourceEvent.state(manifests.slices) { await state.take(event) }
        }
        if resources.contains(.pods) {
            for event in ResourceEvent.state(manifests.pods) { await state.take(event) }
        }
        if resources.contains(.serviceImports) {
            for event in ResourceEvent.state(manifests.imports) { await state.take(event) }
        }
        for event in ResourceEvent.state(manifests.services) { await state.take(event) }
    }
}
