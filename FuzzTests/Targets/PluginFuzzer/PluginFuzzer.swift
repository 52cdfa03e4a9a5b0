import FuzzBodies
import PluginFuzzBodies

/// What this run is for.
private let body = FuzzBody.chosen(of: FuzzBody.plugins)

/// Before the first input; libFuzzer's arguments are left as they are.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
    _ = body
    return 0
}

/// One input from libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe body.run(start, count)
    return 0
}
