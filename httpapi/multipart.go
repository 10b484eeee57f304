package httpapi

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/avanter/voki/call"
)

// formFile is the file of a form as it comes in.
type formFile struct {
	name string // as it was sent
	kind string // MIME type, found in the bytes
	// Reader ends with io.EOF only if the whole form was there, its closing boundary included: a form that is cut off
	// right behind the file's bytes is an error like any other.
	io.Reader
}

// sniffLength is as much as [http.DetectContentType] looks at.
const sniffLength = 512

// formBoundary returns the boundary of a form. Returns errNotMultipart, and errBody if the form names none.
func formBoundary(contentType string) (string, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	if kind != "multipart/form-data" {
		return "", errNotMultipart
	}
	boundary := params["boundary"]
	if boundary == "" || len(boundary) > maxBoundary {
		return "", fmt.Errorf("%w: boundary", errBody)
	}
	return boundary, nil
}

// maxBoundary is more than the 70 characters that RFC 2046 allows, and less than what the reader of parts can bear.
const maxBoundary = 250

// openFormFile finds the part of a form that is a file named file. Other parts are skipped; a second file makes reading
// the first one fail.
//
// Returns [call.FieldErrors] if the form is whole and has none, and errBody if it is not well-formed; errors of body
// are passed on.
func openFormFile(body io.Reader, boundary string) (*formFile, error) {
	form := &wholeForm{body: newFormHeaders(body, boundary)}
	form.parts = multipart.NewReader(io.MultiReader(form.body, strings.NewReader("\r\n"), failing{errCutOff}), boundary)
	for {
		part, err := form.next()
		if errors.Is(err, io.EOF) {
			return nil, call.Invalid("file", "can't be blank")
		}
		if err != nil {
			return nil, err
		}
		filename := fileOf(part)
		if filename == "" {
			continue
		}
		form.file = part
		content := bufio.NewReaderSize(form, 64<<10)
		head, err := content.Peek(sniffLength)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return &formFile{name: filename, kind: http.DetectContentType(head), Reader: content}, nil
	}
}

// fileOf returns the file name of a part that is a file named file; empty if it is none.
func fileOf(part *multipart.Part) string {
	d := parseDisposition(part.Header.Get("Content-Disposition"))
	if !d.form || d.name != "file" {
		return ""
	}
	return d.filename
}

// errCutOff stands at the end of every form that is read. A form that is whole is over before, with its closing
// boundary (which need not be followed by a line break: one is added). The reader of parts by itself takes a form that
// is cut off within a part's header for one that is whole.
var errCutOff = fmt.Errorf("%w: no closing boundary", errBody)

// wholeForm reads one part of a form and, at its end, the rest of the form.
type wholeForm struct {
	body  io.Reader
	parts *multipart.Reader
	file  *multipart.Part
	err   error // how it ended
}

func (f *wholeForm) Read(p []byte) (n int, err error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err = f.file.Read(p)
	switch {
	case n > 0 || err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		f.err = malformed(err)
	default:
		for f.err == nil {
			var part *multipart.Part
			if part, f.err = f.next(); f.err == nil && fileOf(part) != "" {
				f.err = call.Invalid("file", "must be given once")
			}
		}
	}
	return 0, f.err
}

// next returns the next part. Returns io.EOF behind the last one, when all of the body has been read.
func (f *wholeForm) next() (*multipart.Part, error) {
	part, err := f.parts.NextRawPart()
	if err == nil {
		return part, nil
	}
	if !errors.Is(err, io.EOF) {
		return nil, malformed(err)
	}
	if _, err := io.Copy(io.Discard, f.body); err != nil {
		return nil, malformed(err)
	}
	return nil, io.EOF
}

// malformed makes an error of reading a form the client's, unless it is known already for what it is.
func malformed(err error) error {
	if errors.Is(err, errBody) || errors.Is(err, errBodySlow) || errors.Is(err, errBodyTooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", errBody, err)
}
