"""What a saved page holds besides its article: patterns of page furniture, by what they are for.

The patterns name the *function* of a line (cookie notice, sign-in form, share bar, teaser link, legal line), in the
wordings that British news sites, trade magazines, councils and blogs use. Whole sentences of prose are
only ever matched by phrases that no article uses of its own subject.
"""

from __future__ import annotations

import re

_I = re.IGNORECASE

# A line that is one of these and nothing else (after bullets and end punctuation are dropped).
_UI_LINE = re.compile(
    r"""(?:
    home|news|menu|search|close|open|more|next|previous|back|top|back\ to\ top|skip\ to\ (?:main\ )?content|jump\ to\ (?:content|navigation)|
    print|print\ this\ (?:page|article)|email|e-?mail\ (?:this|a\ friend|article)|save|save\ for\ later|saved|copy\ link|copied|
    share|share\ (?:this|on|via|with|now|page|article).{0,40}|tweet|like|likes?\ this.*|pin\ it|follow(?:\ us.*)?|
    comments?|(?:no|\d+)\ comments?|\(?\d+\)?|add\ (?:a\ )?comment|post\ (?:a\ )?comment|leave\ a\ (?:comment|reply).*|view\ (?:all\ )?comments?(?:\ \(\d+\))?|
    show\ comments?|hide\ comments?|load\ more(?:\ comments)?|reply|report(?:\ this)?(?:\ comment)?|recommend|notify\ (?:me\ )?of.*|inline\ feedbacks?|
    have\ your\ say|join\ the\ (?:debate|discussion|conversation)|what\ do\ you\ think|
    subscribe(?:\ (?:now|today|here|to\ .{0,40}))?|subscriptions?|subscriber\ only|sign\ (?:in|up|out)(?:\ (?:now|here|today|to\ .{0,40}))?|log\ ?(?:in|out)|register(?:\ (?:now|here|for\ free))?|my\ account|
    read\ more(?:\ news)?|read\ (?:the\ )?full\ (?:story|article|report)|continue\ reading.{0,60}|learn\ more|find\ out\ more|more\ (?:info|information|details|news|stories)|view\ (?:all|more|gallery)|see\ (?:all|more)|
    contact(?:\ us)?|about(?:\ us)?|make\ an?\ enquiry|enquire\ now|get\ in\ touch|get\ a\ quote|book\ (?:now|a\ place)|donate(?:\ now)?|advertis(?:e|ing)(?:\ with\ us)?|
    jobs|careers|events|archive|newsletters?|magazine|podcasts?|video|videos|gallery|galleries|features|opinion|sport|weather|obituaries|
    privacy(?:\ (?:policy|notice))?|cookies?(?:\ (?:policy|settings|preferences))?|terms(?:\ (?:and|&)\ conditions|\ of\ use)?|accessibility|site\ ?map|disclaimer|
    accept(?:\ all)?(?:\ cookies)?|reject(?:\ all)?(?:\ cookies)?|manage\ (?:cookies|preferences)|i\ agree|got\ it|ok|yes|no|cancel|submit|send|go|
    advertisement|advert|sponsored(?:\ content)?|promoted(?:\ stories)?|loading.*|please\ wait.*|
    related(?:\ (?:articles?|stories|topics?|content|links?|posts?|news|internet\ links))?|see\ also|you\ (?:may|might)\ also\ (?:like|be\ interested\ in).*|recommended(?:\ (?:for\ you|reading|articles))?|
    most\ (?:read|popular|viewed|commented|recent|shared)(?:\ .{0,20})?|trending(?:\ now)?|popular(?:\ (?:now|articles|posts))?|top\ stories|latest(?:\ (?:news|jobs|stories|articles|from\ .{0,40}))?|editor'?s\ (?:picks?|choice)|
    more\ (?:on|from|in|about)\ .{1,60}|more\ on\ this\ story|elsewhere\ on\ .{1,30}|don'?t\ miss.{0,40}|in\ this\ (?:article|section|story)|contents|on\ this\ page|
    tags?|topics?|categories|category|filed\ under.*|tagged\ .{1,200}|posted\ in\ .{1,80}|tags?:\ .{1,200}|topics?:\ .{1,200}|
    facebook|twitter|x|linkedin|whatsapp|pinterest|reddit|youtube|instagram|rss|messenger|flipboard|google\+?|
    play\ video|watch\ (?:now|live|the\ video)|listen(?:\ now)?|image\ source.*|image\ caption.*|getty(?:\ images)?|(?:photo(?:graph)?|picture|image)s?(?:\ credit)?\ ?[:/].{1,120}|credit:.{1,80}|
    about\ the\ author|author|authors|written\ by.{0,60}|share\ your\ (?:views|thoughts).*|name\ ?\*?|e-?mail(?:\ address)?\ ?\*?|website|comment\ ?\*?|message\ ?\*?|required|password|username|post\ code|
    is\ this\ page\ useful.*|report\ a\ problem\ with\ this\ page|reuse\ this\ content|.{0,40}all\ rights\ reserved
    )""",
    _I | re.VERBOSE,
)

# Anywhere in a line or sentence: phrases of the page about itself.
_PAGE_PHRASES = re.compile(
    r"""(?:
    (?:browser|javascript)\b.{0,60}\b(?:supported|disabled|enabled?|upgrade|out\ of\ date)|(?:enable|disabled?|turn\ on)\ (?:cookies|javascript)|upgrade\ to\ a\ newer\ version|
    (?:we|site|website)\ (?:use|uses|using)\ (?:some\ |essential\ |optional\ )*cookies|cookies?\ (?:to|on|and\ similar)\ (?:improve|give|ensure|make|this|our|technolog)|consent\ to\ (?:use|our)\b.{0,20}cookie|assume\ (?:that\ )?(?:we\ have|you\ are\ happy|you're\ ok)|set\ (?:additional|optional)\ cookies|cookie\ (?:policy|settings)|
    you\ (?:must|need\ to|have\ to)\ (?:be\ )?(?:sign(?:ed)?[\ -]in|log(?:ged)?[\ -]in|register(?:ed)?)|(?:sign|log)[\ -]in\ (?:or\ (?:register|subscribe)|to\ (?:comment|continue|read|post|your|view|make))|already\ (?:a\ (?:subscriber|member)|registered|have\ an\ account)|forgotten\ (?:your\ )?password|create\ an?\ (?:free\ )?account|
    (?:your|valid)\ e-?mail(?:\ address)?\ will\ not\ be\ published|required\ fields\ are\ marked|save\ my\ name,?\ e-?mail|enter\ (?:a\ valid|your)\ e-?mail|(?:this|submission\ of\ any)\ material\ (?:is\ governed|you\ confirm)|our\ terms\ and\ conditions|links\ may\ be\ included\ in\ your\ comments|html\ is\ not\ permitted|uses\ akismet|comments?\ (?:are|is|have\ been)\ (?:now\ )?(?:closed|moderated|pre-?moderated|disabled)|comments\ (?:on|for)\ this\ (?:article|page|thread)|
    sign\ up\ (?:for|to|here|now|today)\b.{0,60}\b(?:newsletter|bulletin|alerts?|e-?mails?|updates?|inbox|trial|free)|(?:our|your)\ (?:free|daily|weekly)\ (?:newsletter|e-?mail|bulletin)|(?:delivered|straight|sent)\ (?:directly\ )?to\ your\ inbox|subscribe\ (?:to|for|today|now)\b.{0,50}\b(?:newsletter|updates|access|magazine|content|channel|podcast|today|month)|unlimited\ access\ to\ (?:our|all|articles|content|online)|subscribers?\ (?:only|exclusive)|to\ continue\ reading|(?:free|remaining)\ articles?\ (?:left|remaining|this\ month)|unsubscribe\ at\ any\ time|by\ (?:signing\ up|submitting|entering\ your)\b.{0,80}\b(?:agree|confirm|consent|receive)|
    ^(?:from|only)\ [£€$]\d+(?:\.\d\d)?\ ?(?:/|per|a)\ ?(?:month|week|year|issue)$|archive\ of\ more\ than|latest\ (?:print|digital)\ issues|
    help\ us\ (?:break|improve)\ (?:the\ news|gov\.uk|this)|share\ your\ information,|got\ a\ (?:news\ )?story|send\ us\ your\ (?:news|stories|pictures)|contact\ (?:us|our\ (?:news|editorial))\b.{0,40}\b(?:with|your|requirements|newsdesk|form)|speak\ to\ a\ member\ of\ our\ team|keep\ (?:abreast|up\ to\ date)\ (?:of|with)\ the\ latest|
    follow\ (?:us|\S+|the\ \S+)\ on\ (?:twitter|facebook|x|instagram|linkedin)|join\ (?:our|us\ on)\ (?:whatsapp|facebook|linkedin|community)|like\ us\ on\ facebook|find\ us\ on|download\ (?:our|the)\ app|
    read\ full\ story|click\ (?:here|on\ the\ link)|(?:this|the)\ (?:article|story|post|blog)\ (?:was\ )?(?:first|originally)\ (?:published|appeared)|this\ article\ is\ more\ than|(?:story|article)\ courtesy\ of|republished\ (?:from|with)|views\ expressed\ (?:here|in\ this)|
    all\ rights\ reserved|©|\(c\)\ ?(?:19|20)\d\d|registered\ (?:charity|company)\ (?:no|number|in\ england)|registered\ (?:office|in\ england)|company\ (?:no|number|registration)|vat\ (?:no|number)|ipso'?s?\ (?:editors|code)|editors'?\ code\ of\ practice|not\ responsible\ for\ the\ content\ of\ external|open\ government\ licence|crown\ copyright|
    is\ an?\ online\ (?:resource|magazine|community)\ for|^(?:last\ )?updated:?\ \d|^published:?\ (?:on\ )?\d|^first\ published|^posted\ (?:on|by)\ |\d\ min(?:ute)?s?\ read\b
    )""",
    _I | re.VERBOSE,
)

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)"
DATE_LINE = re.compile(
    rf"(?:(?:published|posted|updated|last\ updated|first\ published|date)\ ?:?\ ?(?:on\ )?)?(?:{_DAY},?\ )?(?:\d{{1,2}}(?:st|nd|rd|th)?\ (?:of\ )?{_MONTH},?(?:\ \d{{4}})?|{_MONTH}\ \d{{1,2}}(?:st|nd|rd|th)?,?\ \d{{4}}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}|\d{{4}}-\d\d-\d\d|{_MONTH}\ \d{{4}})(?:.{{0,40}}\d{{1,2}}[:.]\d\d.{{0,25}})?(?:\s*[|•·-]\s*.{{0,60}})?",
    _I,
)
_NAME = r"(?:(?:Sir|Dame|Dr|Lord|Lady|Baroness|Cllr|Prof(?:essor)?|Rev|Mr|Mrs|Ms)\.?\s+)?[A-Z][\w’'-]+(?:\s+(?:[A-Z]\.?|de|van|Mac|Mc|O[’'])){0,2}(?:\s+[A-Z][\w’'-]+){1,2}"
_DESK = r"(?:.{0,30}(?:editor|reporter|correspondent|writer|staff|desk|columnist|chief|service|\b(?:PA|LDRS)\b).{0,30})"
BYLINE = re.compile(
    rf"(?:(?:by|words|written by|posted by|author|from|story by|interview by):?\s+.{{2,80}}|{_NAME}(?:\s+and\s+{_NAME})?(?:,?\s+{_DESK})?|{_DESK})",
    re.ASCII,
)
_BY_WORD = re.compile(r"^(?:by|words|written by|posted by|author|story by|interview by)\b", _I)
_BIO = re.compile(
    rf"(?:{_NAME}|[Tt]he (?:author|writer)|He|She)\s+(?:is|was|works as|has been)\s+(?:(?:an?|the|currently|now|also|former|emeritus)\s+)*.{{0,60}}\b(?i:chair(?:man|woman)?|director|professor|lecturer|reader in|chief executive|editor|cabinet member|lead member|leader of|minister|researcher|fellow|author|journalist|writer|columnist|consultant|barrister|solicitor|social worker|president|secretary|mp for|peer|founder|head of|policy (?:officer|adviser|analyst)|commissioner|trustee|spokes\w+)\b"
)
_CONTACT = re.compile(
    r"(?:\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}\b|[\w.+-]+@[\w-]+\.[\w.]+|\b(?:tel|telephone|phone|fax)\b[.:]?\s*\+?[\d(]|^(?:https?://|www\.)\S+$|^\+?[\d\s()-]{9,}$)",
    re.I,
)
_SOCIAL_WORDS = frozenset(
    "facebook twitter linkedin youtube instagram pinterest whatsapp rss email share print tweet blank icon close chevron down bars menu search reddit google plus copy link x tiktok flickr vimeo messenger blank facebook-blank rss-blank linkedin-blank closechevron-downbars".split()
)
#: Lines that end a teaser: what stands above belongs to another article.
READ_ON = re.compile(
    r"(?:read (?:more|full story|full article|the full (?:story|article))|continue reading.*|full story|more)\s*(?:[»>→…]|\.\.\.)*", _I
)
_CUT_OFF = re.compile(r"(?:\[(?:…|\.\.\.)\]|…|\.\.\.)\s*$")
#: A "see also" link with the other story's headline in the same line.
_INLINE_LINK = re.compile(
    r"(?:read more|related|see also|more|watch|listen|don'?t miss|also read|read next|opinion|analysis)\s*[:|»>]\s*\S.*", _I
)
#: Lines after which a page no longer speaks of this article.
END_MARKER = re.compile(
    r"""(?:have\ your\ say|(?:leave|post|add)\ a\ (?:comment|reply).*|notify\ of|inline\ feedbacks?|view\ all\ comments|make\ an\ enquiry|related(?:\ .{1,20})?|more\ (?:on|from|about|in)\ .{1,60}|
    you\ (?:may|might)\ also\ like.*|most\ (?:read|popular|viewed|commented).*|recommended.*|read\ next.*|latest\ (?:news|stories|jobs|articles)|about\ the\ author.*|share\ this.*|tags?(?::.*)?|topics?(?::.*)?|tagged.*|filed\ under.*|
    subscribe.*|sign\ up.*|newsletter.*|comments?(?:\ \(\d+\))?|\d+\ (?:comments?|responses?|replies).*|(?:one|two|three|\d+)\ (?:response|thought|comment|repl).*|back\ to\ top|back\ to\ .{0,20}|
    promoted(?:\ .*)?|sponsored.*|around\ the\ web|trending.*|explore\ more.*|reuse\ this\ content|.{0,40}membership|knowledge\ (?:&|and)\ resources|notes\ (?:to|for)\ editors?.*|contact\ us|previous\ (?:post|article).*|next\ (?:post|article).*|popular.*|editor'?s\ picks?.*)""",
    _I | re.VERBOSE,
)
COMMENTS_MARKER = re.compile(
    r"(?:(?:readers?'?s?'? )?comments?(?: ?\(\d+\))?|\d+ (?:comments?|responses?|replies|thoughts?)(?: (?:to|on)\b.*)?|(?:one|two|three|four|five|six|seven|eight|nine|ten) (?:comments?|responses?|replies|thoughts?)(?: (?:to|on)\b.*)?)",
    _I,
)
COMMENT_HEADER = re.compile(
    rf"(?:.{{1,60}}?(?:\s|,)(?:{_MONTH}\.?\s+\d{{1,2}},?\s+\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\.?,?\s+\d{{4}}|\d{{1,2}}/\d{{1,2}}/\d{{2,4}})\b.{{0,40}}|.{{1,50}}\bsays:|.{{1,40}}\b\d+ (?:minutes?|hours?|days?|weeks?|months?|years?) ago\b.{{0,20}})",
    _I,
)


def _plain(line: str) -> str:
    return " ".join(line.replace("’", "'").split()).strip(" .:!?*|»›>→-–+").strip()


def is_read_on(line: str) -> bool:
    """Whether a line is nothing but the link below a teaser ("Read Full Story")."""
    return READ_ON.fullmatch(_plain(line)) is not None


def is_cut_off(line: str) -> bool:
    """Whether a paragraph breaks off with an ellipsis, as teasers of other articles do."""
    return _CUT_OFF.search(line) is not None


def is_date_line(line: str) -> bool:
    """Whether a line is a date, with or without a time."""
    return DATE_LINE.fullmatch(_plain(line)) is not None


def is_byline(line: str) -> bool:
    """Whether a line near the title names who wrote the article."""
    plain = _plain(line)
    return len(plain.split()) <= 14 and (BYLINE.fullmatch(plain) is not None or _BY_WORD.match(plain) is not None)


def is_author_note(line: str) -> bool:
    """Whether a closing line says what job the author has."""
    return len(line.split()) <= 60 and _BIO.match(line) is not None


def is_end_marker(line: str) -> bool:
    """Whether a line opens the part of a page that is not the article."""
    plain = _plain(line)
    return len(plain.split()) <= 14 and END_MARKER.fullmatch(plain) is not None


def is_comments_marker(line: str) -> bool:
    """Whether a line is the heading above readers' comments."""
    return COMMENTS_MARKER.fullmatch(_plain(line)) is not None


def is_comment_header(line: str) -> bool:
    """Whether a line names a commenter and the date of the comment."""
    return len(line.split()) <= 16 and COMMENT_HEADER.fullmatch(_plain(line)) is not None


def is_furniture(line: str) -> bool:
    """Whether a line is page furniture by its own words alone.

    Parameters
    ----------
    line
        One block of a page, without its bullet.
    """
    plain = _plain(line)
    if not plain or not any(c.isalnum() for c in plain):
        return True
    words = plain.lower().split()
    if _UI_LINE.fullmatch(plain) or _INLINE_LINK.fullmatch(plain) or is_date_line(line):
        return True
    if _PAGE_PHRASES.search(plain) and len(words) <= 60:
        return True
    if len(words) <= 40 and _CONTACT.search(line) and not line.rstrip().endswith((".", "”", '"')):
        return True
    return sum(word.strip(",|-") in _SOCIAL_WORDS for word in words) >= max(2, 0.6 * len(words))
