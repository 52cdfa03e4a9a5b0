import Glibc

/// A child process and the pipe that its output comes through.
final class ChildProcess {
    /// Why it could not be started, in Go's words.
    struct Failure: Error {
        let reason: String
    }

    /// How it ended.
    enum Status: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    private let pid: pid_t
    private let output: Int32
    private var known: Status?

    /// Starts a program without a shell, in a process group of its own, with nothing open but its output.
    ///
    /// - Throws: the system's refusal.
    init(_ words: [String]) throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw Self.failure("pipe", errno) }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(writing) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var process: pid_t = 0
        let code = Self.spawn(words, writing, &process)
        guard code == 0 else {
            close(reading)
            throw Self.failure("exec \"\(words.first ?? "")\"", code)
        }
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
        pid = process
        output = reading
    }

    deinit {
        close(output)
    }

    private static func failure(_ operation: String, _ code: Int32) -> Failure {
        Failure(reason: "\(operation): \(unsafe String(cString: strerror(code)))")
    }

    private static func spawn(_ words: [String], _ output: Int32, _ pid: inout pid_t) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
        // What is open without being closed by itself, such as files of libraries, is not for the child either.
        for file in openFiles where file > 2 { unsafe posix_spawn_file_actions_addclose(&actions, file) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        setSignals(&attributes)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        return unsafe posix_spawnp(&pid, words.first ?? "", &actions, &attributes, &arguments, environ)
    }

    /// The numbers of this process's open files.
    private static var openFiles: [Int32] {
        guard let folder = unsafe opendir("/proc/self/fd") else { return [] }
        defer { unsafe closedir(folder) }
        var files: [Int32] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { octets in
                unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name) { files.append(number) }
        }
        return files
    }

    /// What the server ignores or holds back is as usual for the child.
    private static func setSignals(_ attributes: inout posix_spawnattr_t) {
        var (usual, none) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&usual)
        unsafe sigemptyset(&none)
        for signal in [SIGPIPE, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGTERM, SIGQUIT] { unsafe sigaddset(&usual, signal) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &usual)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// How it ended, when it has; it is reaped then.
    func status() -> Status? {
        if let known { return known }
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7F
        known = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal)
        return known
    }

    /// Gives `body` what has been written, without waiting for more.
    func read(_ body: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        // As much as a pipe holds, so that one that writes without end cannot keep the reader.
        for _ in 0..<16 {
            let count = unsafe Glibc.read(output, &buffer, buffer.count)
            guard count > 0 else { return }
            body(buffer[..<count])
        }
    }

    /// Ends it, and what is in its process group.
    func kill() {
        if known == nil { _ = Glibc.kill(-pid, SIGKILL) }
    }
}
