package docker

import (
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/mount"
)

func TestPlatformsWithoutTheUsualVariant(t *testing.T) {
	for _, tt := range []struct{ arch, variant, want string }{
		{"amd64", "", "linux/amd64"},
		{"arm64", "", "linux/arm64"},
		{"arm64", "v8", "linux/arm64"},
		{"arm", "v7", "linux/arm"},
		{"arm", "v5", "linux/arm/v5"},
		{"amd64", "v3", "linux/amd64/v3"},
	} {
		got := imageOf(image.InspectResponse{Os: "linux", Architecture: tt.arch, Variant: tt.variant}).Platform
		if got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.arch, tt.variant, got, tt.want)
		}
	}
}

func TestSamePlatform(t *testing.T) {
	for _, tt := range []struct {
		wanted, found string
		want          bool
	}{
		{"linux/amd64", "linux/amd64", true},
		{"linux/arm64/v8", "linux/arm64", true},
		{"linux/arm64", "linux/amd64", false},
		{"windows/amd64", "linux/amd64", false},
		{"", "linux/amd64", true},
	} {
		if got := samePlatform(tt.wanted, tt.found); got != tt.want {
			t.Errorf("%s and %s: %t", tt.wanted, tt.found, got)
		}
	}
}

func TestSocketMounts(t *testing.T) {
	for _, tt := range []struct{ host, at, want string }{
		{"unix:///var/run/docker.sock", "/var/run/docker.sock", "/var/run/docker.sock"},
		{"unix:///var/run/docker.sock", "/run/docker.sock", "/run/docker.sock"},
		{"unix:///run/docker.sock", "/var/run/docker.sock", "/var/run/docker.sock"},
		{"unix:///var/run/docker.sock", "/var/run", "/var/run"},
		{"unix:///sockets/d.sock", "/sockets", "/sockets"},
		{"unix:///var/run/docker.sock", "/var/run/docker", ""},
	} {
		mounts := []container.MountPoint{{Source: "/other", Destination: "/data"}, {Source: "/there", Destination: tt.at}}
		got, err := socketMount(tt.host, mounts)
		if want := (mount.Mount{Type: mount.TypeBind, Source: "/there", Target: tt.want}); (tt.want == "") != (err != nil) || err == nil && got != want {
			t.Errorf("%s at %s: %+v, %v", tt.host, tt.at, got, err)
		}
	}
}
