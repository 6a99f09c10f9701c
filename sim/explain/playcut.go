package explain

import (
	"errors"
	"fmt"
	"slices"

	"powercut/sim/core"
	"powercut/vfs"
)

// maxPlayUnits bounds how many units of a file are shown.
const maxPlayUnits = 96

// processCrash is what a move calls the image of a process crash, among the special
// ones.
const processCrash = "process-crash"

// cutSetter follows a case to the cut that is looked at, and sets its image there.
type cutSetter struct {
	core.CaseExplorer
	move Move
	play *Play
	also []flipped
	err  error
}

// flipped is a pending change that became otherwise with the one that was asked for.
type flipped struct {
	pending int
	fate    string
}

// Visit implements core.Explorer.
func (s *cutSetter) Visit(r *core.Run, h *core.Point) {
	last := len(s.Case.Epochs) - 1
	if r.Epoch() != last || h.Depth() != s.move.Level || h.PowerIsOff() {
		s.CaseExplorer.Visit(r, h)
		return
	}
	point := &s.Case.Epochs[last].Crashes[s.move.Level]
	if h.Step() != point.Step {
		return
	}
	s.set(h.Disk(), point)
	h.PowerCut()
}

// set sets the image of a cut.
func (s *cutSetter) set(disk *vfs.Disk, point *core.CrashPoint) {
	s.play.Specials = specialsOf(disk, s.Case.Profile, point.Choice)
	if point.Nearest || s.move.Follow {
		image := disk.ChooseNearest(point.Choice)
		point.Choice, point.Nearest = image.Choice(), false
		image.Release()
	}
	before, err := disk.Choose(point.Choice)
	if err != nil {
		return // the case does not come there any more, and is told so
	}
	defer before.Release()
	image := before
	if s.move.Change != nil {
		image, err = s.change(disk, before)
		switch {
		case errors.Is(err, vfs.ErrUnlawful):
			s.play.Refused = err.Error()[len(vfs.ErrUnlawful.Error()+": "):]
			image = before
		case err != nil:
			s.err = err
			return
		default:
			defer image.Release()
		}
	}
	point.Choice = image.Choice()
	s.flips(disk, before, image)
	s.look(disk, image)
}

// specialsOf lists the special images that a cut may leave, and a process crash.
func specialsOf(disk *vfs.Disk, own vfs.Profile, c vfs.Choice) []string {
	names := []string{}
	if !disk.Failed() {
		names = append(names, processCrash)
	}
	for image := range disk.Specials(profileOf(own, c)) {
		names = append(names, image.Name())
		image.Release()
	}
	return names
}

// profileOf is the profile of a choice, or that of the case where it has none.
func profileOf(own vfs.Profile, c vfs.Choice) vfs.Profile {
	if c.Kind == vfs.PowerCut {
		return c.Profile
	}
	return own
}

// change is the image with what is asked for.
func (s *cutSetter) change(disk *vfs.Disk, before *vfs.Image) (*vfs.Image, error) {
	m, c := s.move.Change, before.Choice()
	switch m.Kind {
	case MoveKeep, MoveLose:
		pending := disk.Pending()
		if m.Pending < 0 || m.Pending >= len(pending) {
			return nil, fmt.Errorf("sim: %d changes are pending, and there is no number %d", len(pending), m.Pending)
		}
		image, because, err := disk.ChooseWith(c, pending[m.Pending], m.Kind == MoveKeep)
		if because != nil {
			s.play.Because = because
		}
		return image, err
	case MoveShow:
		v, err := vfs.ParseUnitVersion(m.Version)
		if err != nil {
			return nil, err
		}
		return disk.Choose(c.WithUnit(m.Ino, m.Unit, v))
	case MoveProfile:
		p, err := vfs.ParseProfile(m.Name)
		if err != nil {
			return nil, err
		}
		c.Profile = p
		if c.Kind != vfs.PowerCut {
			c = vfs.Choice{Kind: vfs.PowerCut, Profile: p}
		}
		return disk.ChooseNearest(c), nil
	case MoveSpecial:
		if m.Name == processCrash {
			return disk.ProcessCrash(), nil
		}
		var found *vfs.Image
		for image := range disk.Specials(profileOf(s.Case.Profile, c)) {
			if found == nil && image.Name() == m.Name {
				found = image
				continue
			}
			image.Release()
		}
		if found == nil {
			return nil, fmt.Errorf("%w: no image here is called %q", vfs.ErrUnlawful, m.Name)
		}
		return found, nil
	}
	return nil, fmt.Errorf("sim: a move of kind %q", m.Kind)
}

// flips says what became otherwise beside what was asked for.
func (s *cutSetter) flips(disk *vfs.Disk, before, after *vfs.Image) {
	m := s.move.Change
	if m == nil || m.Kind != MoveKeep && m.Kind != MoveLose {
		return
	}
	own, other := changesOf(disk, before), changesOf(disk, after)
	for i := range own {
		if i != m.Pending && own[i].Fate != other[i].Fate {
			s.also = append(s.also, flipped{i, string(other[i].Fate)})
		}
	}
}

// look lists what of an image can be changed.
func (s *cutSetter) look(disk *vfs.Disk, image *vfs.Image) {
	var seen []uint64
	for _, p := range disk.Pending() {
		if p.Kind != vfs.OpWrite && p.Kind != vfs.OpTruncate || slices.Contains(seen, p.Ino) {
			continue
		}
		seen = append(seen, p.Ino)
		units, err := disk.Units(image.Choice(), p.Ino)
		if err != nil || !slices.ContainsFunc(units, func(u vfs.Unit) bool { return len(u.May) > 1 }) {
			continue
		}
		f := PlayFile{Path: p.Path, Ino: p.Ino, More: max(0, len(units)-maxPlayUnits)}
		for _, u := range units[:len(units)-f.More] {
			one := PlayUnit{Number: u.Number, Offset: u.Offset, Len: u.Len, Shown: u.Shown.String()}
			for _, v := range u.May {
				one.May = append(one.May, v.String())
			}
			f.Units = append(f.Units, one)
		}
		s.play.Files = append(s.play.Files, f)
	}
}
