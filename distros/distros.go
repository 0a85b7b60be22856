package distros

import "time"

// Distro is one release of a distribution: the shape of one file of this
// directory.
type Distro struct {
	// Name is the file's name without its ending: debian-12.
	Name string `yaml:"name"`
	// Title in words: Debian 12 (bookworm).
	Title string `yaml:"title"`
	// Family is the name of a file in families.
	Family string `yaml:"family"`
	// Aliases are other names, unique over all distros: bookworm, debian:12,
	// debian-bookworm.
	Aliases []string `yaml:"aliases"`
	// Image is what a registry calls it: debian:12.
	Image string `yaml:"image"`
	// Suite is what its mirror calls it: bookworm. Needed for a bootstrap.
	Suite string `yaml:"suite"`
	// Components of its mirror. Default: main.
	Components []string `yaml:"components"`
	// Keyring that its mirror's signatures are verified with: a file of the
	// machine that bootstraps, named without its directory.
	Keyring string `yaml:"keyring"`
	// Init is the package that makes it boot: systemd-sysv.
	Init string `yaml:"init"`
	// Boots is the init that its machines have when none is asked for. One
	// that its family does not know cannot be booted. Default: systemd.
	Boots string `yaml:"boots"`
	// Systemd is the generation it ships: 252; 0: it has none.
	Systemd int `yaml:"systemd"`
	// Glibc is its C library: "2.36". What was built against a newer one may
	// not run with it.
	Glibc string `yaml:"glibc"`
	// Musl is its C library in the place of that: "1.2.5". Programs of the one
	// do not run with the other.
	Musl string `yaml:"musl"`
	// EndOfLife is the day its free security support ends; zero for a
	// rolling release.
	EndOfLife time.Time `yaml:"end_of_life"`
	// Stable marks, for each format of packages, the one release that is built
	// for when none is asked for.
	Stable bool `yaml:"stable"`
	// Vault is the first label of the host that keeps its packages since its
	// end of life, in the place of the one that its image names: archive,
	// vault. Empty: they are where they were.
	Vault string `yaml:"vault"`
	// Manager is its package manager's name, where that is not the family's.
	Manager string `yaml:"manager"`
	// Dist is what its package's releases end with where its own macros do
	// not say: .el9.
	Dist string `yaml:"dist"`
	// Locale of every command. Default: C.UTF-8.
	Locale string `yaml:"locale"`
	// Platform, OS/ARCH, of its machines: see On. Empty: the host's own.
	Platform string `yaml:"-"`
}

// Family is how a group of distros installs and builds: the shape of one file
// of the directory families. Every recipe is a POSIX shell script, run as root
// with `sh -eu`; what it may read is said beside it. A recipe that ends with
// exit code 75 (EX_TEMPFAIL) blames the host or its network, not the package.
type Family struct {
	Name string `yaml:"name"`
	// Like is a family that it is as, but for what is said of it: functions
	// come after that one's, recipes and inits take the place of its.
	Like string `yaml:"like"`
	// Seen says in words what its recipes have run on, and what not.
	Seen string `yaml:"seen"`
	// Format of its packages: deb, rpm, pacman, apk.
	Format string `yaml:"format"`
	// Manager is its package manager's name: apt, dnf, zypper, pacman, apk.
	Manager string `yaml:"manager"`
	// Bootstrap is the tool that makes a root file system from a mirror:
	// mmdebstrap.
	Bootstrap string `yaml:"bootstrap"`
	// Line is how Archive is told of a repository that is in the directory
	// $DIR: deb [trusted=yes] file:$DIR ./
	Line string `yaml:"line"`
	// Presets: the distro says which units an installation enables, and
	// nobody but an administrator starts them.
	Presets bool `yaml:"presets"`
	// Administered: packages leave what runs alone. Nobody but an administrator
	// restarts units after an upgrade, and stops them before a removal.
	Administered bool `yaml:"administered"`
	// KeepsData: no removal takes what services and users made, Purge neither.
	KeepsData bool `yaml:"keeps_data"`
	// Agent: the recipes Index and Older run our own program, $DP_AGENT.
	Agent bool `yaml:"agent"`
	// Environment of every recipe, beside what is common to all families.
	Environment map[string]string `yaml:"environment"`
	// Functions is shell that comes before each recipe.
	Functions string `yaml:"functions"`
	// Inits that its machines can have, by name: systemd, sysvinit, openrc,
	// none.
	Inits map[string]Init `yaml:"inits"`
	// Recipes by name: see the constants.
	Recipes map[Recipe]string `yaml:"recipes"`
}

// Init is how a machine comes to have an init. Its first process, and what
// its container needs, are those of systemd when there is no Command.
type Init struct {
	// Packages to install, and Own: with what the distro calls its init.
	Packages []string `yaml:"packages"`
	Own      bool     `yaml:"own"`
	// Prepare is a shell script that makes it fit for a container, run after
	// the recipe Machine.
	Prepare string `yaml:"prepare"`
	// Command is the first process; Tmpfs has the options of what must be
	// empty at every boot, by path; Reaper: the engine's own init goes before
	// it.
	Command []string          `yaml:"command"`
	Tmpfs   map[string]string `yaml:"tmpfs"`
	Reaper  bool              `yaml:"reaper"`
	// Halt is a shell script that ends what the init runs, in order, where it
	// does not know what a stop signal is. It may be ended by that itself.
	Halt string `yaml:"halt"`
}

// Recipe is the name of a shell script of a family.
type Recipe string

// The recipes every family has, but for Purge, which not every package manager
// knows: there a removal is all. Common to all: $DP_ROOT, a directory of ours
// that no comparison looks at, and $DP_AGENT, our own program, where
// Family.Agent says so.
const (
	// Mirror configures the package manager of a fresh base container:
	// $DP_MIRROR (may be empty), $DP_CHECK_VALID_UNTIL (true or false),
	// $DP_VAULT: see Distro.Vault.
	Mirror Recipe = "mirror"
	// Toolchain installs what every build needs.
	Toolchain Recipe = "toolchain"
	// BuildDeps installs what the source in $DP_SOURCE says it needs. In an
	// environment, which is keyed by it, only that is there: debian/control, the
	// spec file, the PKGBUILD, or the APKBUILD. The latter are in $DP_SPEC,
	// $DP_PKGBUILD and $DP_APKBUILD, relative to $DP_SOURCE, here and below.
	BuildDeps Recipe = "build_deps"
	// Version gives the source in $DP_SOURCE the version $DP_VERSION.
	Version Recipe = "version"
	// Revision, which only families of the format deb have, gives the source
	// in $DP_SOURCE the revision after the highest of its version that is
	// published: in the repositories whose lines are in $DP_ARCHIVE, and among
	// the packages in the directory $DP_PUBLISHED; either may have none. It
	// prints "version VERSION: WHY".
	Revision Recipe = "revision"
	// Build builds $DP_SOURCE as user $DP_USER with $DP_JOBS jobs and the words
	// of $DP_BUILD_OPTIONS, and leaves everything to hand over in $DP_OUT.
	// $DP_DIST: see Distro.Dist.
	Build Recipe = "build"
	// Index makes a repository of the packages in $DP_OUT, in place.
	Index Recipe = "index"
	// Machine makes a base container boot: installs the packages $DP_INIT, if
	// there are any, and lets packages start what they have.
	Machine Recipe = "machine"
	// Service installs $DP_PACKAGES into the image of a service and starts
	// nothing.
	Service Recipe = "service"
	// Repository makes the package manager know the repositories below
	// $DP_REPO, and them alone have their lists read.
	Repository Recipe = "repository"
	// Dependencies installs what $DP_PACKAGES need, not themselves, and
	// prints "dependency NAME" for each, and "apart NAME OTHER" for a package
	// that cannot be installed beside OTHER, one before it: those that follow
	// are without it. Where they cannot be installed it prints, for each
	// dependency that is not to be had, what asks for it, as its package has
	// it, and what there is: "unavailable PACKAGE<tab>NEED<tab>HAS".
	Dependencies Recipe = "dependencies"
	// Older makes, of the packages below $DP_REPO, ones of an older version
	// below $DP_OLD, in directories of the same names: the same files and
	// scripts, and conffiles that differ a little.
	Older Recipe = "older"
	// Archive makes the repositories known whose lines, in the package
	// manager's own words, are in $DP_ARCHIVE, and prints "package NAME
	// VERSION - -" for the highest version in there that is older than what
	// $DP_PACKAGES, NAME=VERSION each, say.
	Archive Recipe = "archive"
	// Upgrade and Downgrade bring the packages to the versions in
	// $DP_PACKAGES: NAME=VERSION each.
	Upgrade   Recipe = "upgrade"
	Downgrade Recipe = "downgrade"
	// Install, Reinstall, Remove, Purge act on $DP_PACKAGES. Install is also
	// what follows a Remove.
	Install   Recipe = "install"
	Reinstall Recipe = "reinstall"
	Remove    Recipe = "remove"
	Purge     Recipe = "purge"
	// Linter installs what Lint runs.
	Linter Recipe = "linter"
	// Lint has the distro's own linter look at the packages below $DP_REPO,
	// with the overrides that they ship, or that are beside the spec file in
	// $DP_SOURCE, and prints "finding LETTER PACKAGE TAG WORDS…" for each
	// finding, where LETTER is E, W or I as linters have it.
	Lint Recipe = "lint"
)
