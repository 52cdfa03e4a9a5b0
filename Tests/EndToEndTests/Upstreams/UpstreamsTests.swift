import TestSupport
import Testing

extension EndToEnd {
    /// `forward` in front of the name servers that people run: what comes back is what they say.
    @Suite(
        "Upstreams",
        .enabled(if: Upstreams.missing.isEmpty, "programs are missing: \(Upstreams.missing.joined(separator: ", "))"),
        .upstreams)
    struct UpstreamsTests {}
}
