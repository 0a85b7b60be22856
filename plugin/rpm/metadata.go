package rpm

import "encoding/xml"

// The shapes of a repository's metadata, as createrepo_c writes them and
// libsolv reads them. What nobody asks for is left out.

const rpmNamespace = "http://linux.duke.edu/metadata/rpm"

type checksum struct {
	Type  string `xml:"type,attr"`
	PkgID string `xml:"pkgid,attr,omitempty"`
	Sum   string `xml:",chardata"`
}

type location struct {
	Href string `xml:"href,attr"`
}

type repomdDoc struct {
	XMLName  xml.Name     `xml:"repomd"`
	XMLNS    string       `xml:"xmlns,attr"`
	RPM      string       `xml:"xmlns:rpm,attr"`
	Revision int64        `xml:"revision"`
	Data     []repomdData `xml:"data"`
}

type repomdData struct {
	Type         string   `xml:"type,attr"`
	Checksum     checksum `xml:"checksum"`
	OpenChecksum checksum `xml:"open-checksum"`
	Location     location `xml:"location"`
	Timestamp    int64    `xml:"timestamp"`
	Size         int      `xml:"size"`
	OpenSize     int      `xml:"open-size"`
}

type evr struct {
	Epoch   string `xml:"epoch,attr"`
	Version string `xml:"ver,attr"`
	Release string `xml:"rel,attr"`
}

type primaryDoc struct {
	XMLName  xml.Name         `xml:"metadata"`
	XMLNS    string           `xml:"xmlns,attr"`
	RPM      string           `xml:"xmlns:rpm,attr"`
	Count    int              `xml:"packages,attr"`
	Packages []primaryPackage `xml:"package"`
}

type primaryPackage struct {
	Type        string   `xml:"type,attr"`
	Name        string   `xml:"name"`
	Arch        string   `xml:"arch"`
	Version     evr      `xml:"version"`
	Checksum    checksum `xml:"checksum"`
	Summary     string   `xml:"summary"`
	Description string   `xml:"description"`
	Packager    string   `xml:"packager"`
	URL         string   `xml:"url"`
	Time        times    `xml:"time"`
	Size        sizes    `xml:"size"`
	Location    location `xml:"location"`
	Format      format   `xml:"format"`
}

type times struct {
	File  int64  `xml:"file,attr"`
	Build uint32 `xml:"build,attr"`
}

type sizes struct {
	Package   int64  `xml:"package,attr"`
	Installed uint64 `xml:"installed,attr"`
	Archive   int64  `xml:"archive,attr"`
}

type format struct {
	License     string      `xml:"rpm:license"`
	Vendor      string      `xml:"rpm:vendor"`
	Group       string      `xml:"rpm:group"`
	BuildHost   string      `xml:"rpm:buildhost"`
	SourceRPM   string      `xml:"rpm:sourcerpm"`
	HeaderRange span        `xml:"rpm:header-range"`
	Provides    *relations  `xml:"rpm:provides"`
	Requires    *relations  `xml:"rpm:requires"`
	Conflicts   *relations  `xml:"rpm:conflicts"`
	Obsoletes   *relations  `xml:"rpm:obsoletes"`
	Suggests    *relations  `xml:"rpm:suggests"`
	Enhances    *relations  `xml:"rpm:enhances"`
	Recommends  *relations  `xml:"rpm:recommends"`
	Supplements *relations  `xml:"rpm:supplements"`
	Files       []fileEntry `xml:"file"`
}

type span struct {
	Start int `xml:"start,attr"`
	End   int `xml:"end,attr"`
}

type relations struct {
	Entries []relation `xml:"rpm:entry"`
}

type relation struct {
	Name    string `xml:"name,attr"`
	Flags   string `xml:"flags,attr,omitempty"`
	Epoch   string `xml:"epoch,attr,omitempty"`
	Version string `xml:"ver,attr,omitempty"`
	Release string `xml:"rel,attr,omitempty"`
	Pre     string `xml:"pre,attr,omitempty"`
}

type fileEntry struct {
	Type string `xml:"type,attr,omitempty"`
	Path string `xml:",chardata"`
}

// about is how the two other documents name a package.
type about struct {
	PkgID   string `xml:"pkgid,attr"`
	Name    string `xml:"name,attr"`
	Arch    string `xml:"arch,attr"`
	Version evr    `xml:"version"`
}

type listsDoc struct {
	XMLName  xml.Name      `xml:"filelists"`
	XMLNS    string        `xml:"xmlns,attr"`
	Count    int           `xml:"packages,attr"`
	Packages []listPackage `xml:"package"`
}

type listPackage struct {
	about
	Files []fileEntry `xml:"file"`
}

type otherDoc struct {
	XMLName  xml.Name       `xml:"otherdata"`
	XMLNS    string         `xml:"xmlns,attr"`
	Count    int            `xml:"packages,attr"`
	Packages []otherPackage `xml:"package"`
}

type otherPackage struct {
	about
	Changelog []changelog `xml:"changelog"`
}

type changelog struct {
	Author string `xml:"author,attr"`
	Date   uint32 `xml:"date,attr"`
	Text   string `xml:",chardata"`
}
