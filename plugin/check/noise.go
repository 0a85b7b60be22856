package check

import (
	"fmt"
	"regexp"
	"strings"
)

// accepted is a change that is nobody's fault, and why.
type accepted struct{ Glob, Why string }

// noise is what an install and a removal change on any machine. "**"
// crosses slashes; a glob that ends with /** has the directory itself too.
var noise = []accepted{
	{"/var/log/apt/**", "apt's own log"},
	{"/var/log/dpkg.log", "dpkg's own log"},
	{"/var/log/alternatives.log", "update-alternatives' own log"},
	{"/var/log/journal/**", "the machine's journal"},
	{"/var/log/{wtmp,btmp,lastlog,faillog}", "logins"},
	{"/var/log/tallylog", "logins"},
	{"/var/log/{syslog,messages,auth.log,daemon.log,kern.log,user.log,debug}", "the machine's own log"},
	{"/var/cache/apt/**", "what apt downloaded"},
	{"/var/cache/ldconfig/**", "ldconfig's cache"},
	{"/var/cache/debconf/**", "debconf's database, which a purge empties by itself"},
	{"/var/lib/ucf/**", "ucf's database, and copies of its states before"},
	{"/var/cache/man/**", "the index of manual pages"},
	{"/var/cache/fontconfig/**", "the index of fonts"},
	{"/var/cache/private", "made by systemd for DynamicUser="},
	{"/var/lib/apt/**", "apt's lists and states"},
	{"/var/lib/dpkg/**", "dpkg's database"},
	{"/var/log/{dnf,dnf.librepo,dnf.rpm,dnf5,yum,hawkey,zypper}.log{,.?}", "the package manager's own log"},
	{"/var/log/zypp/**", "zypper's own log"},
	{"/var/{cache,lib}/{dnf,yum,libdnf5,PackageKit,zypp}/**", "what the package manager downloaded and remembers"},
	{"/usr/lib/sysimage/{rpm,libdnf5}/**", "rpm's database"},
	{"/var/log/pacman.log", "pacman's own log"},
	{"/var/{cache,lib}/pacman/**", "pacman's database, and what it downloaded"},
	{"/etc/pacman.d/gnupg/**", "the keys that pacman trusts"},
	{"/{,usr/}lib/apk/**", "apk's database"},
	{"/etc/apk/**", "what apk is to keep installed, and the keys that it trusts"},
	{"/var/cache/apk/**", "what apk downloaded"},
	{"/var/log/apk.log", "apk's own log"},
	{"/var/lib/rpm/**", "rpm's database"},
	{"/var/lib/rpm-state/**", "where rpm's scriptlets leave notes for each other"},
	{"/var/lib/private", "made by systemd for DynamicUser="},
	{"/var/log/private", "made by systemd for DynamicUser="},
	{"/var/lib/systemd/timers/**", "when timers last ran"},
	{"/var/lib/systemd/random-seed", "written by systemd"},
	{"/var/lib/systemd/catalog/**", "systemd's index of messages"},
	{"/var/lib/systemd/linger", "made by logind"},
	{"/var/lib/systemd/coredump/**", "told by its own check"},
	{"/var/lib/systemd/ephemeral-trees/**", "systemd's own"},
	{"/var/lib/systemd/deb-systemd-helper-{enabled,masked,user-enabled,user-masked}", "the directory is shared; what is in it is looked at"},
	{"/var/lib/systemd/deb-systemd-helper-enabled/*.wants", "the directory is shared; what is in it is looked at"},
	{"/etc/systemd/system/*.{wants,requires}", "the directory is shared; what is in it is looked at"},
	{"/var/tmp/systemd-private-*/**", "made by systemd for PrivateTmp="},
	{"/{etc,var}/.updated", "written by systemd at boot"},
	{"/var/log/{dmesg,boot,rc.log}{,.*}", "written by sysvinit and OpenRC at boot"},
	{"/var/lib/urandom/random-seed", "written by sysvinit and OpenRC at boot"},
	{"/{,usr/}lib/rc/cache/**", "what OpenRC found out about services"},
	{"/etc/adjtime", "written by sysvinit and OpenRC when they halt"},
	{"/etc/init.d/.depend.{boot,start,stop}", "the order of init scripts"},
	{"/etc/ld.so.cache", "ldconfig's cache"},
	{"/etc/.pwd.lock", "lock of passwd"},
	{"/etc/{passwd,group,shadow,gshadow,subuid,subgid}", "users and groups are compared by name"},
	{"/etc/{passwd,group,shadow,gshadow,subuid,subgid}-", "copy of the last state"},
	{"/etc/mtab", "mounts"},
	{"/etc/{hosts,hostname,resolv.conf}", "written by the container engine"},
	{"/etc/machine-id", "written at boot"},
	{"/root/**", "root's home"},
	{"/run/{systemd,openrc,udev,user,dbus,log,lock,mount,credentials,host,secrets,sudo,faillock,tmpfiles.d,console,netns,cryptsetup,samba,initramfs}/**", "the machine's own, as long as it runs"},
	{"/run/{utmp,nologin,initctl,.containerenv,motd*,machine-id,reboot-required*,dnf*,yum*,zypp*,rpm*,ostree-booted}", "the machine's own, as long as it runs"},
	{"/home", "the directory is shared"},
	{"/var/lib/logrotate/**", "when logs were last rotated"},
	{"/usr/share/info/dir{,.old}", "the index of info pages"},
	{"/usr/share/mime/**", "the index of types"},
	{"/usr/share/applications/mimeinfo.cache", "the index of applications"},
	{"/**/__pycache__/**", "compiled by Python when it is run"},
	{"/**/*.pyc", "compiled by Python when it is run"},
}

// acceptor says whether a path is accepted noise.
type acceptor struct{ globs []*regexp.Regexp }

// newAcceptor compiles the table and the user's own globs.
func newAcceptor(more []string) (acceptor, error) {
	var a acceptor
	for _, n := range noise {
		more = append([]string{n.Glob}, more...)
	}
	for _, glob := range more {
		re, err := compileGlob(glob)
		if err != nil {
			return a, fmt.Errorf("noise %q: %w", glob, err)
		}
		a.globs = append(a.globs, re)
	}
	return a, nil
}

func (a acceptor) accepts(path string) bool {
	for _, re := range a.globs {
		if re.MatchString(path) {
			return true
		}
	}
	return false
}

// compileGlob makes a regular expression of a glob: * ? ** {a,b}.
func compileGlob(glob string) (*regexp.Regexp, error) {
	below, all := strings.CutSuffix(glob, "/**")
	if !all {
		below = glob
	}
	escaped := regexp.QuoteMeta(below)
	pattern := strings.NewReplacer(
		`/\*\*/`, `/(?:.*/)?`, `\*\*`, `.*`, `\*`, `[^/]*`, `\?`, `[^/]`, `\{`, `(?:`, `\}`, `)`, `,`, `|`,
	).Replace(escaped)
	if all {
		pattern += `(?:/.*)?`
	}
	return regexp.Compile("^" + pattern + "$")
}
