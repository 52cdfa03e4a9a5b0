import Glibc

/// The process's standard streams.
enum Standard {
    static func output(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    static func error(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to fd: Int32) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.write(fd, buffer.baseAddress, buffer.count)
        }
    }
}
