"""Which titles clash with those of the Malaysian Qualifications Framework, in English, Malay, Chinese,
Tamil and Arabic.

A title clashes if it is worn as one: where it begins or ends the title or a part of it ("Diploma in Data", "Teaching
Certificate", "Sarjana Pendidikan"). The same word elsewhere says something else ("Managing Digital Certificates",
"Master Data Management", "Mastery of Malay language", "Bachelor-level statistics", "Preparing for a Diploma").
"""

from __future__ import annotations

import re
import unicodedata

_LEVELS = r"(?:graduate|postgraduate|post-graduate|undergraduate|advanced|higher|national|vocational|executive"
_LEVELS += (
    r"|professional|specialist|foundation|university|college|industry|joint|dual|double|online|digital|international"
)
_LEVELS += r"|post|micro|mini|nano|short|open|the|an?|integrated|combined|honours)"
_BEFORE = rf"(?:{_LEVELS}[\s-]+){{0,4}}"
_DEGREE = r"(?:\s+(?:degree|programme|program|award|qualification|course|\(?hons\.?\)?|[ivx]{1,4}|[0-9]{1,4})){0,2}"
_OF = r"(?=\s+(?:in|of|for|on)\b|\s*$)"

_ARABIC = r"(?:(?:برنامج|دورة|درجة)\s+)?(?:ال)?"
_STUDIES = r"(?:(?:ப்)?\s*(?:படிப்பு|பட்டம்|பட்டப்\s*படிப்பு))?$"  # Tamil: course, degree
_COURSE = r"(?:学位|學位)?(?:课程|課程|项目|項目)?$"  # Chinese: degree, course, programme

# What a part of a title may begin with, or be.
_BEGINS = (
    (rf"{_BEFORE}(?:advanced\s+diplomas?|diploma\s+lanjutan)\b", "Advanced Diploma"),
    (r"(?:diploma\s+siswazah)\b", "Graduate Diploma"),
    (r"(?:sijil\s+siswazah)\b", "Graduate Certificate"),
    (r"(?:sijil|diploma)\s+pascasiswazah\b", "Postgraduate Certificate or Diploma"),
    (rf"{_BEFORE}certificate{_DEGREE}{_OF}", "Certificate"),
    (r"sijil\b", "Certificate"),
    (rf"{_BEFORE}diploma\b(?!\s+(?:mills?|supplements?|thesis|fraud))", "Diploma"),
    (rf"{_BEFORE}bachelor(?:[’']?s)?{_DEGREE}{_OF}", "Bachelor"),
    (r"(?:ijazah\s+)?sarjana\s+muda\b", "Bachelor"),
    (rf"{_BEFORE}masters?(?:[’']s?)?{_DEGREE}(?=\s+(?:in|of)\b(?!\s+(?:ceremonies|puppets|disguise))|\s*$)", "Master"),
    (rf"{_BEFORE}(?:master[’']s|masters)\s+(?:degree|certificate|diploma)\b", "Master"),
    (r"(?:ijazah\s+)?sarjana\b", "Master"),
    (rf"{_BEFORE}doctor\s+of\b", "Doctorate"),
    (rf"{_BEFORE}doctorate\b", "Doctorate"),
    (rf"{_BEFORE}doctoral\s+(?:degree|award)\b", "Doctorate"),
    (r"(?:ijazah\s+)?(?:doktor\s+falsafah|kedoktoran)\b", "Doctorate"),
    (r"ijazah\b", "Bachelor, Master or Doctorate"),
    (rf"{_BEFORE}(?:b\.?sc\.?|b\.?eng\.?|b\.?ed\.?|b\.a\.|llb|bba){_DEGREE}{_OF}", "Bachelor"),
    (rf"{_BEFORE}(?:m\.?sc\.?|m\.?eng\.?|m\.?ed\.?|m\.a\.|mba|mphil|llm){_DEGREE}{_OF}", "Master"),
    (rf"{_BEFORE}(?:phd|ph\.d\.?|dba|edd){_DEGREE}{_OF}", "Doctorate"),
    (rf"(?:pg|post|grad|postgrad)[\s-]?(?:cert|dip){_DEGREE}{_OF}", "Postgraduate Certificate or Diploma"),
    (rf"{_ARABIC}شهادة(?:\s+\w+)?(?:\s+في\b|$)", "Certificate"),
    (rf"{_ARABIC}دبلوم[اةه]?\b", "Diploma"),
    (rf"{_ARABIC}(?:بكالوريوس|ليسانس)\b", "Bachelor"),
    (rf"{_ARABIC}ماجستير\b", "Master"),
    (rf"{_ARABIC}دكتورا[هة]\b", "Doctorate"),
    (r"(?:இளங்கலை|இளநிலை)(?:ப்)?\s*பட்ட", "Bachelor"),
    (r"(?:முதுகலை|முதுநிலை)(?:ப்)?\s*பட்ட", "Master"),
    (r"முனைவர்\s+பட்ட", "Doctorate"),
)
# What a part of a title may end with, unless the word before shows that the title speaks of it. Looking ahead first
# keeps the long look back from being taken at every letter.
_ABOUT = r"(?<!\bfor )(?<!\bto )(?<!\bof )(?<!\ba )(?<!\ban )(?<!\bthe )(?<!\byour )(?<!\bmy )(?<!\bour )(?<!\bwith )"
_ABOUT += r"(?<!\bfrom )(?<!\binto )(?<!\babout )(?<!\bbeyond )(?<!\bbefore )(?<!\bafter )(?<!\bpre-)(?<!\bnon-)"
_ABOUT += r"(?<!\bgift )(?<!\bbirth )(?<!\bx\.509 )(?<!\bssl )(?<!\btls )(?<!\bdeath )(?<!\bdigital )(?<!\bsecurity )"
_ENDS = (
    (rf"\b(?=certificate){_ABOUT}certificate{_DEGREE}$", "Certificate"),
    (rf"\b(?=diploma){_ABOUT}diploma{_DEGREE}$", "Diploma"),
    (rf"\b(?=bachelor){_ABOUT}bachelor[’']?s?{_DEGREE}$", "Bachelor"),
    (rf"\b(?=master){_ABOUT}master(?:[’']?s|\s+degree|\s+award|\s+programme|\s+program){_DEGREE}$", "Master"),
    (rf"\b(?=doctor|ph){_ABOUT}(?:doctorate|doctoral\s+degree|ph\.?d\.?){_DEGREE}$", "Doctorate"),
    (rf"\b(?=mba){_ABOUT}mba$", "Master"),
    (rf"(?<!数字)(?<!數位)(?:证书|證書){_COURSE}", "Certificate"),
    (rf"(?:文凭|文憑){_COURSE}", "Diploma"),
    (rf"(?:学士|學士){_COURSE}", "Bachelor"),
    (rf"(?:硕士|碩士){_COURSE}", "Master"),
    (rf"博士{_COURSE}", "Doctorate"),
    (rf"(?<!டிஜிட்டல் )சான்றிதழ்{_STUDIES}", "Certificate"),
    (rf"(?:டிப்ளமோ|டிப்ளோமா|பட்டய(?:ம்)?){_STUDIES}", "Diploma"),
    (rf"(?:இளங்கலை|இளநிலை){_STUDIES}", "Bachelor"),
    (rf"(?:முதுகலை|முதுநிலை){_STUDIES}", "Master"),
    (rf"முனைவர்{_STUDIES}", "Doctorate"),
)
_BEGIN = tuple((re.compile(pattern), title) for pattern, title in _BEGINS)
_END = tuple((re.compile(pattern), title) for pattern, title in _ENDS)

_PARTS = re.compile(r"\s*[:;,/|()\[\]{}–—•·&+]\s*|\s+-+\s+|\.\s+|\s+(?:and|dan|with|or|atau)\s+")
_ARABIC_SIGNS = re.compile("[\u0640\u064b-\u0652]")  # vowels and the line that stretches a word
_BLANKS = re.compile(r"\s+")
# Letters of other alphabets that look like Latin ones, in words that would otherwise read as a title.
_LOOKALIKES = str.maketrans("аеорсухіјѕвкмнтԁɡοаερτυνικ", "aeopcyxijsbkmhtdgoaeptuvik")
_TITLE_LIMIT = 300
"""Characters of a title that are looked at: twice as many as a title of ours may have."""
_STEMS = re.compile(
    r"certificate|diploma|bachelor|master|doctor|sijil|sarjana|ijazah|doktor|kedoktoran|ph\.?d|证书|證書|文凭|文憑|士"
    r"|شهادة|دبلوم|بكالوريوس|ليسانس|ماجستير|دكتورا|சான்றிதழ்|டிப்ள|பட்டய|இளங்கலை|இளநிலை|முதுகலை|முதுநிலை|முனைவர்"
    r"|\b[bm]\.(?:sc|eng|ed|a)\b"
    r"|\b(?:bsc|beng|bed|llb|bba|msc|meng|med|mba|mphil|llm|dba|edd)\b|\b(?:pg|post|grad|postgrad)[\s-]?(?:cert|dip)"
)
"""What every clashing title has in it: most titles need no closer look."""


def clashing_title(title: str) -> str | None:
    """The title of the framework that `title` bears, or None."""
    for part in _parts(title):
        for pattern, found in _BEGIN:
            if pattern.match(part):
                return found
        for pattern, found in _END:
            if pattern.search(part):
                return found
    return None


def _parts(title: str) -> list[str]:
    """The parts of a title, without what the eye does not see, each read as Latin too where letters only look so."""
    shown = unicodedata.normalize("NFKC", title[:_TITLE_LIMIT])
    shown = "".join(character for character in shown if unicodedata.category(character) != "Cf").casefold()
    shown = _ARABIC_SIGNS.sub("", shown)
    whole = _BLANKS.sub(" ", shown.replace("‐", "-").replace("‑", "-")).strip()
    parts = [whole, *_PARTS.split(whole)]
    latin = [part.translate(_LOOKALIKES) for part in parts]
    return [part for part in dict.fromkeys(parts + latin) if _STEMS.search(part)]
