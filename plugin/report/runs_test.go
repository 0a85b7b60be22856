package report_test

import (
	"fmt"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// lifecycle are the phases of a test.
var lifecycle = []string{"boot", "install", "service", "check", "restart", "reinstall", "remove", "return", "purge"}

// distro is the jobs of a distro on which all went well, at the times a real
// run had.
func distro(name string) []result.Job {
	j := func(kind, pkg string, started, took result.Seconds) result.Job {
		full := name + "/" + kind
		log := name + "/" + kind
		if pkg != "" {
			full, log = full+"/"+pkg, log+"-"+pkg
		}
		return result.Job{
			Name: full, Kind: kind, Distro: name, Package: pkg, Platform: "linux/amd64",
			Outcome: result.Passed, Started: started, Duration: took, Log: log + ".log",
		}
	}
	build := j("build", "greeter", 24, 23)
	build.Phases = []result.Phase{{Name: "build", Outcome: result.Passed, Duration: 23}}
	test := j("test", "", 47, 44)
	for _, phase := range lifecycle {
		test.Phases = append(test.Phases, result.Phase{Name: phase, Outcome: result.Passed, Duration: 4})
	}
	for i := range 12 {
		p := phaseOf(&test, "check")
		p.Checks = append(p.Checks, result.Check{Kind: "file", Subject: fmt.Sprint(i), Outcome: result.Passed})
	}
	phaseOf(&test, "boot").Notes = []string{"booted with SYS_ADMIN in its own cgroup namespace (cgroup v1 host, docker 20.10.24)"}
	return []result.Job{j("image", "", 0, 12), j("environment", "greeter", 12, 12), j("machine", "", 12, 9), build, test}
}

func phaseOf(j *result.Job, name string) *result.Phase {
	for i := range j.Phases {
		if j.Phases[i].Name == name {
			return &j.Phases[i]
		}
	}
	return nil
}

// runOf is a run of some distros' jobs.
func runOf(o result.Outcome, distros ...[]result.Job) result.Run {
	r := result.Run{Schema: result.Schema, Version: "0.1.0", ID: "k7q2", Duration: 91, Outcome: o, Output: "dist"}
	for _, jobs := range distros {
		r.Jobs = append(r.Jobs, jobs...)
		for _, j := range jobs {
			if j.Kind == "build" && j.Outcome == result.Passed {
				r.Packages = append(r.Packages, result.Package{
					Name: j.Package, Version: "1.4.0", Arch: "amd64", Distro: j.Distro,
					Path: j.Distro + "/" + j.Package + "_1.4.0_amd64.deb", Size: 48_000, SHA256: strings.Repeat("0a", 32),
					Files: []result.File{{Path: "/usr/bin/greeter", Size: 47_000}}, FileCount: 1,
				})
			}
		}
	}
	return r
}

// stop ends a job in a phase; those after it were not reached, if it is vital.
func stop(j *result.Job, phase string, o result.Outcome, p result.Problem, vital bool) {
	j.Outcome, j.Reason = o, p.Title
	reached := true
	for i := range j.Phases {
		switch {
		case j.Phases[i].Name == phase:
			j.Phases[i].Outcome, j.Phases[i].Reason = o, p.Title
			if o != result.Cancelled {
				j.Phases[i].Problem = &p
			}
			reached = !vital
		case !reached:
			j.Phases[i] = result.Phase{Name: j.Phases[i].Name, Outcome: result.Skipped, Reason: fmt.Sprintf("not reached: %s %s", phase, o)}
		}
	}
}

// unreached are jobs that were not done because of another.
func unreached(reason string, o result.Outcome, jobs ...*result.Job) {
	for _, j := range jobs {
		j.Outcome, j.Reason, j.Phases, j.Started, j.Duration, j.Log = o, reason, nil, 0, 0, ""
	}
}

// The indexes of a distro's jobs.
const (
	image = iota
	environment
	machine
	build
	test
)

func green() result.Run {
	r := runOf(result.Passed, distro("debian-12"), distro("debian-13"))
	for i := range r.Jobs {
		if r.Jobs[i].Kind == "environment" || r.Jobs[i].Kind == "machine" {
			r.Jobs[i].Cached, r.Jobs[i].Saved = true, 16
			r.Saved += 16
		}
	}
	r.Jobs[test].Waited = 31
	return r
}

// failed is every kind of failure, one distro each.
func failed() result.Run {
	built, installed, serves, leaves, environs := distro("debian-11"), distro("debian-12"), distro("debian-13"), distro("debian-sid"), distro("ubuntu-26.04")
	stop(&built[build], "build", result.Failed, result.Problem{
		Title: "build failed (exit 2)",
		Lines: []string{"cc -O2 -c main.c", "main.c:3:17: error: expected ';' before 'return'", "…", "make: *** [Makefile:2: all] Error 1"},
		Log:   "debian-11/build-greeter.log:212", Again: "drone-packages --distros debian-11 --only debian-11/greeter",
	}, true)
	unreached("not reached: debian-11/build/greeter failed", result.Skipped, &built[test])
	stop(&installed[test], "install", result.Failed, result.Problem{
		Title: "apt: install failed (exit 100)",
		Lines: []string{"Setting up greeter (1.4.0) ...", "cannot make the database", "dpkg: error processing package greeter (--configure):"},
		Log:   "debian-12/test.log:88", Again: "drone-packages --distros debian-12 --only debian-12", Shell: "drone-packages shell debian-12/test",
	}, true)
	installed[test].Kept = "drone-packages-k7q2-debian-12-test"
	stop(&serves[test], "service", result.Failed, result.Problem{
		Title: "service greeterd.service: active (and 1 more)",
		Facts: []result.Fact{{Label: "expected", Text: "active"}, {Label: "found", Text: "failed (exit-code)"}, {Label: "also", Text: "port tcp:9101: listening: nobody listens"}},
		Hint:  "its main process ended by itself with status 7",
		Lines: []string{"Nov 23 07:41:12 debian-13 greeterd[214]: no licence file"},
		Log:   "debian-13/test.log:140", Again: "drone-packages --distros debian-13 --only debian-13",
	}, false)
	p := phaseOf(&serves[test], "check")
	p.Outcome, p.Reason = result.Failed, "executable /usr/bin/greeter: loads"
	p.Checks[3].Outcome = result.Failed
	p.Problem = &result.Problem{Title: "executable /usr/bin/greeter: loads", Facts: []result.Fact{{Label: "found", Text: "libgone.so.1 is not there"}}}
	stop(&leaves[test], "purge", result.Failed, result.Problem{Title: "leftover /etc/greeter/generated.conf", Log: "debian-sid/test.log:300"}, true)
	environs[environment].Outcome, environs[environment].Reason = result.Failed, "install the build dependencies failed (exit 100)"
	environs[environment].Phases = []result.Phase{{Name: "environment", Outcome: result.Failed, Problem: &result.Problem{
		Title: "install the build dependencies failed (exit 100)", Lines: []string{"E: Unable to locate package libgone-dev"}, Log: "ubuntu-26.04/environment-greeter.log:12",
	}}}
	unreached("not reached: ubuntu-26.04/environment/greeter failed", result.Skipped, &environs[build], &environs[test])
	return runOf(result.Failed, built, installed, serves, leaves, environs)
}

// faults is every kind of fault, one distro each.
func faults() result.Run {
	missing, started, booted, mirrored := distro("debian-11"), distro("debian-12"), distro("debian-13"), distro("debian-sid")
	missing[image].Outcome = result.Fault
	missing[image].Reason = "image debian:11 is not here, and pull: never: load it, or allow pull: if-not-exists: no such image"
	unreached("not reached: debian-11/image fault", result.Skipped, &missing[environment], &missing[machine], &missing[build], &missing[test])
	log := started[test].Log
	unreached("start the container: no space left on device", result.Fault, &started[test])
	started[test].Log = log
	stop(&booted[test], "boot", result.Fault, result.Problem{
		Title: "the machine does not boot",
		Facts: []result.Fact{
			{Label: "tried", Text: "no added rights, its own cgroups writable: the container engine refuses: unknown option"},
			{Label: "tried", Text: "SYS_ADMIN in its own cgroup namespace: the machine did not boot within 1m0s: starting"},
		},
		Lines: []string{"systemd[1]: Failed to mount cgroup at /sys/fs/cgroup/systemd: Operation not permitted", "systemd[1]: Freezing execution."},
		Log:   "debian-13/test.log:9", Again: "drone-packages --distros debian-13 --only debian-13",
	}, true)
	stop(&mirrored[build], "build", result.Fault, result.Problem{
		Title: "install the build dependencies failed (exit 75)",
		Facts: []result.Fact{{Label: "why", Text: "the host, its network or a mirror, not the package"}},
		Lines: []string{"Err:1 sid InRelease", "  Temporary failure resolving"},
		Log:   "debian-sid/build-greeter.log:4",
	}, true)
	unreached("not reached: debian-sid/build/greeter fault", result.Skipped, &mirrored[test])
	return runOf(result.Fault, missing, started, booted, mirrored)
}

// kept is a rerun of one distro.
func kept() result.Run {
	r := green()
	r.Earlier = []result.Earlier{{ID: "a1b2", Source: result.Source{Revision: "v1.4.0-3-g81cd2ee"}, Distros: []string{"debian-12"}}}
	return r
}

// silent is shards of which one did not report.
func silent() result.Run {
	gone := distro("debian-13")
	unreached("its shard, debian-13, did not report: it did not run, was killed, or its folder was not handed on", result.Fault, &gone[image])
	unreached("not reached: debian-13/image fault", result.Skipped, &gone[environment], &gone[machine], &gone[build], &gone[test])
	return runOf(result.Fault, distro("debian-12"), gone)
}

func warned() result.Run {
	one, several := distro("debian-12"), distro("debian-13")
	phaseOf(&one[test], "boot").Checks = []result.Check{{
		Kind: "service", Subject: "e2scrub.service", Attribute: "failed at boot", Outcome: result.Failed, Warning: true,
		Found: "failed", Reason: "it failed before any package under test was installed", Lines: []string{"e2scrub: no device"},
	}}
	phaseOf(&several[test], "purge").Checks = []result.Check{
		{Kind: "leftover", Subject: "/var/lib/greeter/cache", Outcome: result.Failed, Warning: true, Found: "made at run time"},
		{Kind: "leftover", Subject: "/etc/greeter/local.d", Outcome: result.Failed, Warning: true, Found: "made by postinst"},
		{Kind: "leftover", Subject: "/", Attribute: "clean", Outcome: result.Passed},
	}
	return runOf(result.Passed, one, several)
}

// linted is what linters find, in a package that was handed over and in none.
func linted() result.Run {
	jobs := distro("debian-12")
	found := func(subject, tag, severity, words string) result.Check {
		return result.Check{Kind: "lint", Subject: subject, Attribute: tag, Found: words, Outcome: result.Failed, Severity: severity, Warning: severity != "error"}
	}
	lint := jobs[build]
	lint.Name, lint.Kind, lint.Log, lint.Outcome, lint.Reason = "debian-12/lint/greeter", "lint", "debian-12/lint-greeter.log", result.Failed, "lint greeter: no-changelog"
	lint.Phases = []result.Phase{{Name: "lint", Outcome: result.Failed, Reason: lint.Reason, Duration: 4, Checks: []result.Check{
		found("greeter", "no-changelog", "error", "usr/share/doc/greeter/changelog.gz (non-native package)"),
		found("greeter", "initial-upload-closes-no-bugs", "warning", ""),
		found("greeter-dbgsym", "no-changelog", "error", ""),
		found("greeter", "hardening-no-bindnow", "info", "[usr/bin/greeter]"),
	}, Problem: &result.Problem{Title: "lint greeter: no-changelog", Log: "debian-12/lint-greeter.log:7"}}}
	return runOf(result.Failed, append(jobs, lint))
}

func skipped() result.Run {
	left := distro("debian-12")
	left[test] = result.Job{
		Name: "debian-12/test", Kind: "test", Distro: "debian-12", Outcome: result.Skipped,
		Reason: `debian-12 is built and not tested: test.skip has "debian-12"`,
	}
	library := distro("debian-13")
	for phase, why := range map[string]string{
		"service": "the packages ship no unit", "restart": "the packages ship no unit", "check": "file /usr/lib/x: not for this architecture",
	} {
		*phaseOf(&library[test], phase) = result.Phase{Name: phase, Outcome: result.Skipped, Reason: why}
	}
	return runOf(result.Passed, append(left[:machine], left[build:]...), library)
}

func cancelled() result.Run {
	running, waiting := distro("debian-12"), distro("debian-13")
	stop(&running[test], "install", result.Cancelled, result.Problem{Title: "interrupt signal received"}, true)
	stop(&waiting[build], "build", result.Cancelled, result.Problem{Title: "interrupt signal received"}, true)
	unreached("interrupt signal received", result.Cancelled, &waiting[test])
	r := runOf(result.Cancelled, running, waiting)
	r.Reason = "interrupt signal received"
	return r
}

// several is distros that build several packages each.
func several() result.Run {
	more := func(name string) []result.Job {
		jobs := distro(name)
		for _, pkg := range []string{"libgreeter", "greeter-doc"} {
			for _, i := range []int{environment, build} {
				j := jobs[i]
				j.Package, j.Name = pkg, strings.Replace(j.Name, "/greeter", "/"+pkg, 1)
				j.Phases = append([]result.Phase{}, j.Phases...)
				jobs = append(jobs, j)
			}
		}
		return jobs
	}
	fine, broken := more("debian-12"), more("debian-13")
	stop(&broken[test+2], "build", result.Failed, result.Problem{Title: "build failed (exit 2)"}, true)
	unreached("not reached: debian-13/build/libgreeter failed", result.Skipped, &broken[build], &broken[test])
	return runOf(result.Failed, fine, broken)
}

func nothing() result.Run {
	return result.Run{Schema: result.Schema, Outcome: result.Skipped, Reason: "nothing to do", Output: "dist"}
}

// wide is names that take more room than usual.
func wide() result.Run {
	long, asian := distro("distribution-with-a-long-name-2026.04.1-lts"), distro("発行-12")
	for i := range 120 {
		p := phaseOf(&long[test], "check")
		p.Checks = append(p.Checks, result.Check{Kind: "file", Subject: fmt.Sprint(i), Outcome: result.Failed})
		p.Outcome = result.Failed
	}
	long[test].Outcome, long[test].Reason = result.Failed, "120 files are not what they should be"
	long[test].Phases = append(long[test].Phases, result.Phase{Name: "a-phase-of-later-times", Outcome: result.Passed})
	r := runOf(result.Failed, long, asian)
	r.Duration, r.Output = 4000, "build/artifacts/packages"
	return r
}

// hostile is what untrusted code may write into results.
func hostile() result.Run {
	jobs := distro("debian-12")
	bad := "\x1b[2J\x1b]0;pwned\x07\x1b[31mred\x1b[0m \u009b2J\x00\x07 caf\xe9 \u202etxt.exe\u200b \r over"
	stop(&jobs[test], "service", result.Failed, result.Problem{
		Title: bad + "\n✓ debian-12 all is well", Hint: bad, Log: "debian-12/test.log:1", Again: bad, Shell: bad,
		Facts: []result.Fact{{Label: "found\nfound", Text: bad + "\n" + bad}},
		Lines: append([]string{bad, "  indented\nanother\n\n✓ forged", strings.Repeat("é", 1<<19)}, strings.Split(strings.Repeat("more\n", 100), "\n")...),
	}, false)
	phaseOf(&jobs[test], "purge").Checks = []result.Check{{Kind: bad, Subject: bad, Outcome: result.Failed, Warning: true, Lines: []string{bad}}}
	jobs[test].Phases = append(jobs[test].Phases, result.Phase{Name: "\x1b[2Jnew\nline", Outcome: result.Passed})
	r := runOf(result.Failed, jobs)
	r.Reason = bad
	return r
}
