import FuzzBodies
import Glibc
import KubernetesClient

extension FuzzBody {
    /// A kubeconfig gives the same access each time, or a complaint that is not longer than a line of a log should be.
    static let kubeconfig = FuzzBody(name: "FuzzKubeconfig") { octets in
        guard let file = ScratchFile(octets) else { return "no file to write to" }
        return check(file.path, octets.count)
    }

    private static func check(_ path: String, _ size: Int) -> String? {
        func read() -> Result<ClusterAccess, ClusterAccessError> {
            Result { () throws(ClusterAccessError) in try ClusterAccess.kubeconfig(path: path) }
        }
        switch (read(), read()) {
        case (.success(let one), .success(let other)):
            return one == other ? nil : "read differently the second time"
        case (.failure(let one), .failure(let other)):
            guard "\(one)" == "\(other)" else { return "another complaint the second time" }
            return "\(one)".utf8.count <= 1_024 + 4 * size ? nil : "a complaint of \("\(one)".utf8.count) octets"
        default:
            return "read only once"
        }
    }
}

/// A file that goes with its owner.
private final class ScratchFile {
    let path: String

    /// Writes the file; nil when that cannot be.
    init?(_ octets: [UInt8]) {
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/needletail-fuzz-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var done = 0
        while done < octets.count {
            let count = unsafe octets.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, octets.count) }
            guard count > 0 else { return nil }
            done += count
        }
    }

    deinit {
        _ = unsafe unlink(path)
    }
}
