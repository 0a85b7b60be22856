package distros

import "strings"

// On is a distro on a platform, OS/ARCH, which is another than the one it is
// planned for by default: linux/arm64. It has a name of its own,
// debian-13-arm64, and answers to those of the distro.
func (d Distro) On(platform string) Distro {
	if platform == d.Platform {
		return d
	}
	_, arch, _ := strings.Cut(platform, "/")
	d.Aliases = append([]string{d.Name}, d.Aliases...)
	d.Name += "-" + strings.ReplaceAll(arch, "/", "-")
	d.Title += ", " + arch
	d.Platform = platform
	return d
}
