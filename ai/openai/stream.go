package openai

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"sync"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/avanter/voki/ai"
)

// form is the body of a request for a transcription, in which the audio is a stream: the SDK's own would hold it whole
// in memory.
type form struct {
	contentType string
	content     *lent
	body        io.Reader
	size        int64 // 0: not known
}

func newForm(fields sdk.AudioTranscriptionNewParams, a ai.Audio) (form, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := fields.MarshalMultipartTo(w); err != nil {
		return form{}, err
	}
	head := textproto.MIMEHeader{}
	head.Set("Content-Disposition", multipart.FileContentDisposition("file", "audio."+a.Format))
	head.Set("Content-Type", "audio/"+a.Format)
	if _, err := w.CreatePart(head); err != nil {
		return form{}, err
	}
	before := bytes.Clone(b.Bytes())
	b.Reset()
	if err := w.Close(); err != nil {
		return form{}, err
	}
	f := form{contentType: w.FormDataContentType(), content: &lent{r: a.Content}}
	f.body = io.MultiReader(bytes.NewReader(before), f.content, &b)
	if a.Size > 0 {
		f.size = int64(len(before)) + a.Size + int64(b.Len())
	}
	return f, nil
}

// options make a request send the form. Its length is told if it is known: some servers refuse a body without one.
func (f form) options() []option.RequestOption {
	return []option.RequestOption{
		option.WithRequestBody(f.contentType, f.body),
		option.WithMiddleware(func(r *http.Request, next option.MiddlewareNext) (*http.Response, error) {
			if f.size > 0 {
				r.ContentLength = f.size
			}
			return next(r)
		}),
	}
}

// lent is a reader that its owner takes back: a transport may read on for a moment when the reply has come already.
type lent struct {
	mu sync.Mutex
	r  io.Reader // nil: taken back
}

var errTakenBack = errors.New("the request is over")

func (l *lent) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.r == nil {
		return 0, errTakenBack
	}
	return l.r.Read(p)
}

// takeBack returns when nothing is read any more.
func (l *lent) takeBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r = nil
}

// bounded fails where the reply should long have ended.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errReplyTooLarge
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}
