import Glibc

extension FuzzBody {
    /// The body of `bodies` that the environment variable `FUZZ_BODY` names.
    ///
    /// When it names none of them the names are printed, one a line, and the process ends: the script asks a program so for what it has.
    package static func chosen(of bodies: [FuzzBody]) -> FuzzBody {
        let name = unsafe getenv("FUZZ_BODY").map { unsafe String(cString: $0) }
        if let body = bodies.first(where: { $0.name == name }) { return body }
        for body in bodies { print(body.name) }
        exit(name == nil ? 0 : 2)
    }
}
