import Glibc

extension MetricsRegistry {
    /// Registers the `process_*` figures, read from `/proc/self` at each scrape.
    ///
    /// A figure that cannot be read, because `/proc` is not mounted, is left out of that scrape.
    /// - Throws: `kindConflict` when the names are taken.
    package func registerProcessMetrics() throws(MetricError) {
        for figure in ProcessFigure.allCases {
            _ = try collector(figure.name, help: figure.help, kind: figure.kind) {
                figure.read().map { [MetricSample(value: $0)] } ?? []
            }
        }
    }
}

/// A figure about the process itself, under the name that Prometheus client libraries share.
enum ProcessFigure: CaseIterable {
    case processorTime, residentMemory, virtualMemory, maximumVirtualMemory, startTime, openFiles, maximumFiles, threads
    case receivedOctets, sentOctets

    var name: String {
        switch self {
        case .processorTime: "process_cpu_seconds_total"
        case .residentMemory: "process_resident_memory_bytes"
        case .virtualMemory: "process_virtual_memory_bytes"
        case .maximumVirtualMemory: "process_virtual_memory_max_bytes"
        case .startTime: "process_start_time_seconds"
        case .openFiles: "process_open_fds"
        case .maximumFiles: "process_max_fds"
        case .threads: "process_threads"
        case .receivedOctets: "process_network_receive_bytes_total"
        case .sentOctets: "process_network_transmit_bytes_total"
        }
    }

    var help: String {
        switch self {
        case .processorTime: "User and system processor time spent in seconds."
        case .residentMemory: "Resident memory in bytes."
        case .virtualMemory: "Virtual memory in bytes."
        case .maximumVirtualMemory: "Limit of virtual memory in bytes."
        case .startTime: "Start of the process in seconds since 1970-01-01 UTC."
        case .openFiles: "Open file descriptors."
        case .maximumFiles: "Limit of open file descriptors."
        case .threads: "Threads of the process."
        case .receivedOctets: "Bytes received over the network, by all in the process's network namespace."
        case .sentOctets: "Bytes sent over the network, by all in the process's network namespace."
        }
    }

    var kind: MetricKind {
        switch self {
        case .processorTime, .receivedOctets, .sentOctets: .counter
        default: .gauge
        }
    }

    /// The figure now, or nil when the system does not tell.
    func read() -> Double? {
        switch self {
        case .processorTime: ProcessStatus.read()?.processorSeconds
        case .residentMemory: ProcessStatus.read()?.residentBytes
        case .virtualMemory: ProcessStatus.read()?.virtualBytes
        case .maximumVirtualMemory: Self.limit(__rlimit_resource_t(RLIMIT_AS.rawValue))
        case .startTime: ProcessStatus.read()?.startSeconds
        case .openFiles: Self.countOpenFiles()
        case .maximumFiles: Self.limit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue))
        case .threads: ProcessStatus.read()?.threads
        case .receivedOctets: Self.networkFigure("InOctets")
        case .sentOctets: Self.networkFigure("OutOctets")
        }
    }

    private static func networkFigure(_ name: String) -> Double? {
        TextFile.read("/proc/self/net/netstat").flatMap { NetworkStatus.figure(name, in: $0) }
    }

    private static func limit(_ resource: __rlimit_resource_t) -> Double? {
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    private static func countOpenFiles() -> Double? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(directory) }
        var count = 0
        while let entry = unsafe readdir(directory) {
            // "." and ".." are the only names there that are not numbers.
            if unsafe entry.pointee.d_name.0 != 0x2E { count += 1 }
        }
        // The descriptor that reads the directory is itself listed.
        return Double(count - 1)
    }
}

/// The figures of `/proc/self/net/netstat`: for each protocol a line of names and a line of numbers.
enum NetworkStatus {
    /// A figure of the extended ones of IP; nil when there is none of the name.
    static func figure(_ name: String, in text: String) -> Double? {
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("IpExt:") }.map { $0.split(separator: " ") }
        guard lines.count == 2, let place = lines[0].firstIndex(of: name[...]), place < lines[1].count else {
            return nil
        }
        return Double(lines[1][place])
    }
}

/// The fields of `/proc/self/stat` that are shown.
struct ProcessStatus {
    let processorSeconds: Double
    let residentBytes: Double
    let virtualBytes: Double
    let startSeconds: Double?
    let threads: Double

    static func read() -> ProcessStatus? {
        guard let text = TextFile.read("/proc/self/stat") else { return nil }
        return ProcessStatus(stat: text, bootSeconds: bootSeconds())
    }

    /// - Parameter stat: the line; the program's name in it is in parentheses and may itself hold spaces and parentheses.
    init?(stat: String, bootSeconds: Double?) {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ").map { Double($0) }
        // Counted from field 3, the state, as proc(5) numbers them.
        guard fields.count > 21, let user = fields[11], let system = fields[12], let threads = fields[17],
            let start = fields[19], let virtual = fields[20], let resident = fields[21]
        else { return nil }
        let ticks = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        processorSeconds = (user + system) / ticks
        residentBytes = resident * Double(max(sysconf(Int32(_SC_PAGESIZE)), 1))
        virtualBytes = virtual
        startSeconds = bootSeconds.map { $0 + start / ticks }
        self.threads = threads
    }

    private static func bootSeconds() -> Double? {
        let line = TextFile.read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) }
    }
}

/// Reads the small text files of `/proc`.
enum TextFile {
    /// - Returns: the text, up to 1 MiB; nil when the file cannot be opened or is not UTF-8.
    static func read(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8_192)
        while bytes.count < 1 << 20 {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
