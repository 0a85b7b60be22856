package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// byHand is how a package handles its unit that does not leave it to
// debhelper: a postinst with what is said on an upgrade, and a prerm that
// stops the unit.
func byHand(onUpgrade string) map[string]string {
	return map[string]string{
		"debian/rules": "#!/usr/bin/make -f\n%:\n\tdh $@\noverride_dh_installsystemd:\n\tinstall -D -m 644 debian/steady.service debian/steady/usr/lib/systemd/system/steady.service\n",
		"debian/postinst": "#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then\n" +
			"  if [ -z \"$2\" ]; then\n    deb-systemd-helper enable steady.service\n    systemctl daemon-reload\n    deb-systemd-invoke start steady.service\n  else\n    :\n    " + onUpgrade + "\n  fi\nfi\n#DEBHELPER#\n",
		"debian/prerm": "#!/bin/sh\nset -e\ndeb-systemd-invoke stop steady.service\n#DEBHELPER#\n",
	}
}

// script is a maintainer script that does something besides debhelper's part.
func script(name, does string) map[string]string {
	return map[string]string{"debian/" + name: "#!/bin/sh\nset -e\n" + does + "\n#DEBHELPER#\n"}
}

// upgradeBugs are planted in testdata/upgrade, whose own upgrade is green.
var upgradeBugs = map[string]struct {
	files map[string]string
	red   []string
	words []string
}{
	"none": {},
	"stopped and not restarted": {
		files: byHand("systemctl daemon-reload"),
		red:   []string{"upgrade"}, words: []string{"service steady.service: active", "found    inactive (dead)"},
	},
	"restarted though it was stopped": {
		files: script("postinst", `[ "$1" != configure ] || systemctl restart steady.service`),
		red:   []string{"upgrade"}, words: []string{"inactive, as it was", "make units disabled and stopped", "the upgrade started what the administrator had stopped"},
	},
	"enabled though it was disabled": {
		files: script("postinst", `[ "$1" != configure ] || systemctl enable steady.service`),
		red:   []string{"upgrade"}, words: []string{"service steady.service: enabled", "disabled, as it was before", "make units disabled and running"},
	},
	"an edited conffile is overwritten": {
		files: script("postinst", `[ -z "$2" ] || echo "# anew" >/etc/steady.conf`),
		red:   []string{"upgrade"}, words: []string{"file /etc/steady.conf: edited", "kept as the administrator left it", "writes to a conffile"},
	},
	"data is wiped": {
		files: script("preinst", `[ "$1" != upgrade ] || rm -rf /var/lib/steady/*`),
		red:   []string{"upgrade"}, words: []string{"file /var/lib/steady/starts: data", "only purge may"},
	},
	"the old postrm deletes what is new": {
		files: script("postrm", `[ "$1" != upgrade ] || rm -f /etc/logrotate.d/steady`),
		red:   []string{"upgrade"}, words: []string{"file /etc/logrotate.d/steady: conffile", "missing"},
	},
	"daemon-reload is forgotten": {
		files: byHand("deb-systemd-invoke start steady.service"),
		red:   []string{"upgrade"}, words: []string{"service steady.service: loaded", "postinst must run systemctl daemon-reload"},
	},
	"a script waits for an answer": {
		files: script("postinst", `[ -z "$2" ] || { printf "Restart now? "; read answer; }`),
		red:   []string{"check", "upgrade"}, words: []string{"script steady.postinst: unattended", "found    read answer", "use debconf", "apt: upgrade failed"},
	},
}

func TestUpgradeBugsAreCaught(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(upgradeBugs)) {
		bug := upgradeBugs[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyTree(t, "testdata/upgrade")
			for file, text := range bug.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", `PLUGIN_TEST={"lifecycle": ["check", "upgrade"]}`)
			o.wantRed(t, "debian-13", bug.red, bug.words)
			if o.run.Outcome == result.Fault {
				t.Error("a fault")
			}
		})
	}
}
