import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Content, html, markupOf } from '../../../../src/http/page/html.ts';

const hostile = `<script>alert("1")</script>'&amp;`;

describe('markup', () => {
  it('has text as text, in an element and in an attribute', () => {
    expect(markupOf(html`<p title="${hostile}">${hostile}</p>`)).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;amp;">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;amp;</p>',
    );
  });

  it('takes up pieces and lists of them as they are, and nothing of what is not there', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    const piece = html`<ul>${items}${undefined}${null}${false}${0}</ul>`;
    expect(markupOf(piece)).toBe('<ul><li>a</li><li>&lt;b&gt;</li>0</ul>');
  });

  it('spells out what would turn text around or hide in it', () => {
    expect(markupOf(html`${'a\u202Eb\u0000c\nd'}`)).toBe(String.raw`a\u{202e}b\x00c\x0ad`);
  });

  it('is not made by an object that only looks like a piece of it', () => {
    const forged = JSON.parse('{"markup":"<b>","Symbol(markup)":"<b>"}') as Content;
    expect(markupOf(html`${forged}`)).not.toContain('<b>');
  });

  it('never has a character with a meaning that stood in a text', () => {
    const meaning = /[<>"']|&(?!(?:amp|lt|gt|quot|#39);)|\p{Cc}|\p{Cf}/u;
    const character = fc.oneof(
      fc.integer({ min: 0, max: 0x2fff }),
      fc.constantFrom('<', '>', '&', '"', "'").map((one) => one.charCodeAt(0)),
    );
    const texts = fc.array(character, { maxLength: 20 }).map((codes) => String.fromCharCode(...codes));
    // Without an expectation of each run, of which a busy machine does too few in time.
    const found = fc.check(
      fc.property(texts, (text) => !meaning.test(markupOf(html`${text}`))),
      { seed: 1 },
    );
    expect(found.counterexample).toBeNull();
  });
});
