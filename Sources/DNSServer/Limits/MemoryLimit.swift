import Corefile

/// How much memory the process may have: the lowest limit of its control groups, else what the machine has.
package struct MemoryLimit: Equatable, Sendable {
    /// Where the limit comes from.
    package enum Source: String, Sendable {
        case cgroup
        case machine
        /// Nothing could be read.
        case assumed
    }

    /// Octets.
    package let octets: Int
    package let source: Source

    package init(octets: Int, source: Source = .assumed) {
        self.octets = octets
        self.source = source
    }

    /// What is assumed where nothing can be read: 1 GiB.
    package static let assumed = MemoryLimit(octets: 1 << 30)

    /// Reads the limit of the running process.
    ///
    /// - Parameter root: the folder that stands for `/`.
    package init(root: String = "") {
        let files = MemoryLimitFiles(root: root)
        let machine = files.machine ?? .max
        let group = files.lowestGroupLimit ?? .max
        self =
            min(group, machine) == .max
            ? .assumed : MemoryLimit(octets: min(group, machine), source: group < machine ? .cgroup : .machine)
    }
}

/// The system's files in which memory limits stand.
///
/// Source: the kernel's `admin-guide/cgroup-v2`, `admin-guide/cgroup-v1/memory`.
private struct MemoryLimitFiles {
    let root: String
    private static let largestFile = 65_536

    /// What the machine has, in octets.
    var machine: Int? {
        for line in lines("/proc/meminfo") where line.hasPrefix("MemTotal:") {
            let words = line.split(separator: " ")
            guard words.count > 1, let kibibytes = Int(words[1]) else { return nil }
            let (octets, overflow) = kibibytes.multipliedReportingOverflow(by: 1_024)
            return overflow || octets <= 0 ? nil : octets
        }
        return nil
    }

    /// The lowest limit of the process's control group and of all groups above it, in octets.
    var lowestGroupLimit: Int? {
        lines("/proc/self/cgroup").compactMap(limit(ofGroup:)).min()
    }

    /// Reads a line `NUMBER:CONTROLLERS:PATH`; the unified hierarchy (version 2) names no controllers.
    private func limit(ofGroup line: Substring) -> Int? {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        if fields[1].isEmpty {
            // Where both versions are in use, version 2 has a folder of its own.
            return lowest(fields[2], below: "/sys/fs/cgroup", file: "memory.max")
                ?? lowest(fields[2], below: "/sys/fs/cgroup/unified", file: "memory.max")
        }
        guard fields[1].split(separator: ",").contains("memory") else { return nil }
        return lowest(fields[2], below: "/sys/fs/cgroup/memory", file: "memory.limit_in_bytes")
    }

    /// The lowest number in `file` of the group at `path` and of those above it.
    ///
    /// A container often sees its own group as the uppermost one, while `path` is as the machine sees it; folders that are not there
    /// are passed over. Without a limit the file has a word, or a number that no machine has.
    private func lowest(_ path: Substring, below mount: String, file: String) -> Int? {
        var folders = path.split(separator: "/").filter { $0 != ".." && $0 != "." }
        var lowest: Int?
        while true {
            let place = ([mount[...]] + folders).joined(separator: "/") + "/" + file
            if let text = lines(place).first, let octets = Int(text), octets > 0, octets < Int.max / 2 {
                lowest = min(lowest ?? .max, octets)
            }
            guard folders.popLast() != nil else { return lowest }
        }
    }

    private func lines(_ path: String) -> [Substring] {
        guard let octets = try? FileLoader().read(root + path, maximumBytes: Self.largestFile) else { return [] }
        return String(decoding: octets, as: UTF8.self).split(separator: "\n")
    }
}
