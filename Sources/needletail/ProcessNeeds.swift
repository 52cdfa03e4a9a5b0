import DNSServer
import Glibc

/// What the server cannot do without, looked at before anything is started: later its lack would be a hang, or a crash, in some library.
struct ProcessNeeds {
    /// Files and sockets that may be open.
    let files: Int
    let workers: Int
    let cores: Int
    let memory: MemoryLimit

    /// What the program and a small cluster's state take.
    private static let leastMemory = 32 << 20
    /// What a thread takes of the address space beside its stack: the C library reserves 64 MiB for the memory of a thread that
    /// allocates much, and less for others.
    private static let addressSpacePerThread = 28 << 20

    /// Event loops (TCP, HTTP, upstreams, API server), the page of metrics, two for lines, signals and some of libraries.
    private var threads: Int { workers + cores + 4 + 1 + 2 + 4 }
    private var addressSpace: Int { threads * Self.addressSpacePerThread }

    /// - Throws: what is too little, how much is needed, and how much there is.
    func check() throws(CommandError) {
        let leastFiles = ResourceLimits.leastFiles(workers: workers)
        guard files >= leastFiles else {
            throw CommandError(
                "too few open files are allowed: \(workers) workers need \(leastFiles), and the limit (ulimit -n) "
                    + "is \(files)")
        }
        guard memory.octets >= Self.leastMemory else {
            throw CommandError(
                "too little memory is allowed: \(Self.leastMemory >> 20) MiB are needed, and the limit "
                    + "(\(memory.source.rawValue)) is \(memory.octets >> 20) MiB")
        }
        try tryThreadsAndMemory()
    }

    /// Makes as many threads as there will be, and takes the memory while they are there.
    private func tryThreadsAndMemory() throws(CommandError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw CommandError("making a pipe: \(unsafe String(cString: strerror(errno)))")
        }
        defer { close(ends[0]) }
        var made: [pthread_t] = []
        while made.count < threads, let thread = Self.waitingThread(until: ends[0]) { made.append(thread) }
        let hasMemory = Self.canTake(addressSpace)
        close(ends[1])
        for thread in made { pthread_join(thread, nil) }
        guard made.count == threads else {
            throw CommandError(
                "too few threads are allowed: \(threads) are needed, and only \(made.count) could be started (see ulimit -u, "
                    + "ulimit -v and the container's limit of processes)")
        }
        guard hasMemory else {
            throw CommandError(
                "too little memory is allowed: \(addressSpace >> 20) MiB of address space are needed besides the threads "
                    + "(see ulimit -v and ulimit -d)")
        }
    }

    /// A thread that ends when the other end of `fd` is closed; nil when there may be no more.
    private static func waitingThread(until fd: Int32) -> pthread_t? {
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { context in
                var item = pollfd(fd: Int32(Int(bitPattern: context)), events: Int16(POLLIN), revents: 0)
                _ = unsafe poll(&item, 1, 10_000)
                return nil
            }, UnsafeMutableRawPointer(bitPattern: Int(fd)))
        return status == 0 ? thread : nil
    }

    private static func canTake(_ octets: Int) -> Bool {
        let memory = unsafe mmap(
            nil, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard unsafe memory != MAP_FAILED else { return false }
        unsafe munmap(memory, octets)
        return true
    }
}
