import Glibc

/// The machine's name.
enum HostName {
    /// As the system has it now; `localhost` where it has none.
    static var current: String {
        // Linux names have at most 64 octets.
        var buffer = [CChar](repeating: 0, count: 256)
        let isThere = unsafe gethostname(&buffer, buffer.count - 1) == 0
        let octets = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return isThere && !octets.isEmpty ? String(decoding: octets, as: UTF8.self) : "localhost"
    }
}
