package settings

import "time"

// Settings is everything a user can ask for. Each field is a PLUGIN_*
// variable (its key in upper case) and a key of packages.yml; the variable
// wins. The first paragraph of a field's comment is its line in the reference
// manual; the tag default is what it is when it is not set.
type Settings struct {
	// Distros to build for, by name, alias or pattern: debian-12, bookworm, "debian-*".
	//
	// With none, the current stable Debian; where there is no debian directory,
	// the current Fedora for a spec file, Arch Linux for a PKGBUILD, the current
	// Alpine for an APKBUILD.
	Distros List `yaml:"distros"`
	// Platforms to build and test for, each with every distro: linux/amd64, linux/arm64. Default: the engine's own.
	//
	// One that is not the engine's own needs an emulator on its host, and
	// makes a distro called DISTRO-ARCH: debian-13-arm64.
	Platforms List `yaml:"platforms" form:"platform"`
	// Define distros of your own, by name: {mylinux-9: {family: rhel, image: "registry.example/mylinux:9"}}, or the file that holds one: {mylinux-9: mylinux-9.yml}.
	//
	// Name them in distros, as the built-in ones. What is said of a built-in
	// one changes just that.
	Define map[string]Definition `yaml:"define"`
	// Source tree: a directory or a git URL, with an optional #revision.
	Source string `yaml:"source" default:"."`
	// Version to build: a literal, or "git" for what git describe says.
	//
	// Empty: the changelog's or spec file's own. Quote a number: YAML reads 1.10 as 1.1.
	Version string `yaml:"version"`
	// RevisionFrom is what is published already, so that a build's revision follows it: an apt line, the URL of a flat repository, or packages (a directory or glob).
	//
	// The revision becomes one more than the highest that is published of the
	// same version; 1 when there is none. An apt line is deb [options] URL
	// SUITE COMPONENT…; it and the others are templates over the distro:
	// {{ .distro.suite }}. Signatures are verified, unless the line says
	// [trusted=yes].
	RevisionFrom Origins `yaml:"revision_from"`
	// Packages to build from the tree, by name; or finished ones to test: a directory, glob or URL, or several.
	//
	// With none, every debian directory found in the tree is one for distros
	// that take .deb, every spec file for those that take .rpm, every PKGBUILD
	// for those that take .pkg.tar.zst, and every APKBUILD for those that take
	// .apk. Finished ones are not built: out/{{ .distro.name }}/*.deb is what
	// stands in that directory for each distro.
	Packages map[string]Package `yaml:"packages"`
	// Exclude what matches these patterns from the source, besides what git ignores in its own trees.
	//
	// They are written as in .dockerignore: from the top of the tree, **/ for
	// any depth, ! for what is to stay.
	Exclude List `yaml:"exclude"`
	// Output directory for packages, logs and results, inside the workspace.
	Output string `yaml:"output" default:"dist"`
	// File of the workspace that holds settings by these names. Default: packages.yml, if there is one.
	//
	// What it names is relative to the workspace all the same.
	File string `yaml:"file" from:"environment"`

	// ImageSource is where base images come from: auto (a registry, else bootstrap), registry, or bootstrap from the distro's own mirror.
	ImageSource string `yaml:"image_source" default:"auto" enum:"auto,registry,bootstrap"`
	// Pull base images always, if-not-exists, or never.
	Pull string `yaml:"pull" default:"if-not-exists" enum:"always,if-not-exists,never"`
	// Images of your own, by distro: {debian-12: registry.example/debian:12}.
	Images Map `yaml:"images"`
	// Username for the registry of your images, or of the distros' own where you name none.
	Username string `yaml:"username"`
	// Password for the same registry.
	Password string `yaml:"password" secret:"true"`
	// Config is the content of a Docker config.json with registry credentials.
	Config string `yaml:"config" secret:"true"`
	// Mirror to use instead of the distro's own, one URL for all or one per distro or pattern.
	//
	// Debian's security archive is taken from beside it (the same URL with
	// -security), or stays where it is when there is none. For distros that
	// take .rpm it stands in the place of scheme and host of every baseurl;
	// pacman has its repositories below it, as in URL/core/os/x86_64, and apk
	// its releases, as in URL/v3.22/main.
	Mirror Map `yaml:"mirror"`
	// CheckValidUntil false accepts a mirror's expired lists, as snapshot archives need; signatures stay verified.
	CheckValidUntil Bool `yaml:"check_valid_until" default:"true"`

	// Parallel builds at a time; 0 is one per CPU.
	Parallel Int `yaml:"parallel" default:"0"`
	// CPUs a job may use; 0 is no limit.
	CPUs Float `yaml:"cpus" default:"0"`
	// Memory a job may use, such as 2g; 0 is no limit.
	Memory Size `yaml:"memory" default:"0"`
	// FailFast cancels everything after the first failure.
	FailFast Bool `yaml:"fail_fast" default:"false"`
	// Timeout of one phase: a build, an installation, a restart and so on.
	Timeout Duration `yaml:"timeout" default:"30m"`
	// BootTimeout is how long a test machine may take to boot.
	BootTimeout Duration `yaml:"boot_timeout" default:"60s"`
	// SettleTimeout is how long a service may take to be up.
	SettleTimeout Duration `yaml:"settle_timeout" default:"30s"`

	// BuildOptions of every build: nocheck leaves out its tests; all go into DEB_BUILD_OPTIONS, and with.NAME and without.NAME are rpm's.
	BuildOptions List `yaml:"build_options"`
	// Environment of builds and hooks.
	Environment Variables `yaml:"environment"`
	// EnvironmentFrom names variables of the plugin's own environment to pass on; their values are masked in logs.
	EnvironmentFrom List `yaml:"environment_from"`

	// Only these parts of the plan: DISTRO, DISTRO/PACKAGE or DISTRO/PACKAGE/PHASE, each but the phase a pattern; build, or test.
	//
	// build boots no machine. test builds nothing: the packages have to be
	// finished ones, such as those that an earlier step left in dist.
	Only List `yaml:"only"`
	// Rerun what: all, or failed, which is the distros that were not green the last time, by the results.json in the output directory.
	//
	// Each of them is done as a whole. The results of the others are kept, and
	// the report says of which run and commit they are.
	Rerun string `yaml:"rerun" default:"all" enum:"all,failed"`
	// Init of test machines, one for all or one per distro or pattern: systemd (the default), sysvinit, openrc, or none.
	//
	// With none there is nothing that starts services: what asks about them is
	// skipped.
	Init Map `yaml:"init"`
	// Services that test machines reach by name: {postgres: {}}, or the path of a compose file.
	Services Services `yaml:"services"`
	// Test what was built on booted machines.
	Test Test `yaml:"test"`
	// Lint what was built with the distro's own linter, and what of its findings fails the run: never (lints nothing), report (fails nothing), error, or warning.
	//
	// Overrides that packages ship are respected. Nothing waits for it.
	Lint string `yaml:"lint" default:"never" enum:"never,report,error,warning"`
	// Keep test machines for a shell: never, failed, or always.
	Keep string `yaml:"keep" default:"never" enum:"never,failed,always"`
	// Privileged test machines: auto (only where nothing less boots, and then it says so), always, or never.
	Privileged string `yaml:"privileged" default:"auto" enum:"auto,always,never"`

	// DryRun prints the plan and ends.
	DryRun Bool `yaml:"dry_run" default:"false"`
	// LogLevel is how much is told: error, warn, info, debug, trace.
	LogLevel string `yaml:"log_level" default:"info" enum:"error,warn,info,debug,trace"`
	// DockerHost is the engine to use: unix://, tcp:// or ssh://. Empty: DOCKER_HOST, else the local socket.
	DockerHost string `yaml:"docker_host"`

	// BuildEnvironment is Environment with the values that EnvironmentFrom
	// names, resolved by Load.
	BuildEnvironment map[string]string `yaml:"-" ignored:"true"`
}

// Package is one package of the source tree.
type Package struct {
	// Deb is the debian directory, relative to the source. Default: debian,
	// or the only one found.
	Deb string `yaml:"deb"`
	// Rpm is the spec file, relative to the source. Default: the one of that
	// name, or the only one found.
	Rpm string `yaml:"rpm"`
	// Pkgbuild is the PKGBUILD, relative to the source. Default: the one of
	// that name, or the only one found.
	Pkgbuild string `yaml:"pkgbuild"`
	// Apkbuild is the APKBUILD, relative to the source. Default: the one of
	// that name, or the only one found.
	Apkbuild string `yaml:"apkbuild"`
	// Before are shell commands run in the build environment, in the source,
	// as the build user, in order, before the build.
	Before Commands `yaml:"before"`
	// Needs are packages that have to be built first.
	Needs List `yaml:"needs"`
	// Finished packages to test, which are not built: a directory, glob or URL, or several.
	//
	// Each is a template over the distro, as in {{ .distro.name }}.
	Finished Origins `yaml:"finished"`
	// Check is what must hold where this package is installed: see test.check.
	Check Checks `yaml:"check"`
}

// Test is how packages are tested.
type Test struct {
	// Skip the tests of these distros, by name, alias or pattern.
	Skip List `yaml:"skip"`
	// Distros to test on what was built for another, by the distro it was built for: {debian-12: [debian-12, debian-13]}.
	//
	// Keys are names, aliases or patterns. Without one for it, a distro's
	// packages are tested where they were built.
	Distros map[string]List `yaml:"distros"`
	// Files to write into test machines, by path: a template each, or more about it.
	//
	// Templates are Go's text/template. They may name .services.NAME.host, .port
	// and .environment.VARIABLE of that service; .distro.name, .title, .family
	// and .suite; .packages.NAME.version; and .environment.VARIABLE.
	Files map[string]File `yaml:"files"`
	// Check is what must hold in test machines, in goss's vocabulary (docs/checks.md): a mapping, or files that hold one.
	Check Checks `yaml:"check"`
	// CheckOn is more of it for some distros, by name, alias or pattern.
	CheckOn map[string]Checks `yaml:"check_on"`
	// Lifecycle is the phases to go through, besides boot and install. Default: all.
	//
	// They are service, check, restart, reboot, reinstall, remove, return, purge, upgrade, downgrade.
	Lifecycle List `yaml:"lifecycle"`
	// UpgradeFrom is what an upgrade begins with: synthetic (made of the packages themselves), none, older packages (a directory, glob or URL), or an apt, rpm, pacman or apk line.
	//
	// Default: synthetic. An apt line is deb [options] URL SUITE COMPONENT…, an
	// rpm line is rpm URL of a repository, a pacman line pacman NAME URL,
	// an apk line apk URL, and each is for the distros that take it; they and
	// paths are templates over the distro: {{ .distro.suite }}.
	//
	// Checks of yours are asked of the older version too; what a release fails
	// is a warning.
	UpgradeFrom Origins `yaml:"upgrade_from"`
	// Expect is what units must be after a phase, where that is not the usual: {upgrade: {greeter.service: {restarted: false}}}.
	//
	// Phases are install, reboot, reinstall, return, upgrade, downgrade.
	Expect map[string]map[string]Expected `yaml:"expect"`
	// Noise are paths that may stay behind after purge; ** crosses slashes.
	Noise List `yaml:"noise"`
}

// Expected is what a unit must be; what is left out is as usual.
type Expected struct {
	// Enabled: kept as it was before, enabled, or disabled.
	Enabled string `yaml:"enabled" enum:"kept,enabled,disabled"`
	// Active: kept as it was before, active, or inactive.
	Active string `yaml:"active" enum:"kept,active,inactive"`
	// Restarted: whether it must have another main process than before.
	Restarted string `yaml:"restarted" enum:"true,false"`
}

// File is one file of a test machine. A plain string is its content.
type File struct {
	// Content is a template: text/template, a missing key is an error.
	Content string `yaml:"content"`
	// From is a file of the workspace that holds the template.
	From string `yaml:"from"`
	// Owner is USER or USER:GROUP. Default: who has the file, else root.
	Owner string `yaml:"owner"`
	// Mode in octal. Default: that of the file, else 0644.
	Mode string `yaml:"mode"`
	// When to write it: installed (then units are restarted), or before the packages are installed.
	When string `yaml:"when" default:"installed" enum:"installed,before"`
	// Origin says where the template stands.
	Origin string `yaml:"-" ignored:"true"`
}

// The kinds of values accept what CI systems make of YAML: see decode.go.
type (
	// List is strings: a JSON or YAML list, else one a line, else comma-separated.
	List []string
	// Origins are where finished packages are: a JSON or YAML list, else one a line, else comma-separated.
	Origins []string
	// Commands are shell commands: a JSON array, else one a line.
	Commands []string
	// Map is strings by name: JSON or YAML; a plain string is the value for "*".
	Map map[string]string
	// Variables are values by name of an environment variable: JSON or YAML.
	Variables map[string]string
	// Bool is true, yes, on, 1 and their opposites.
	Bool bool
	// Int is a whole number.
	Int int
	// Float is a number.
	Float float64
	// Size is bytes: 512m, 2g.
	Size int64
	// Duration is 10m, 90s, or bare seconds.
	Duration time.Duration
)
