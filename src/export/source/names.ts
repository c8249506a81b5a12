import { describe, wrongKind, wrongValue } from "../../errors.js";

/** More than any compiler of C must tell apart. */
const LONGEST = 63;

const words = (text: string) => new Set(text.trim().split(/\s+/));

/** Words that a function cannot be called by: the language's own, and what the text uses or includes. */
const TAKEN = {
  javascript: words(`
    arguments async await break case catch class const continue debugger default delete do else enum eval export extends false finally for function get if implements
    import in instanceof interface let new null of package private protected public return set static super switch this throw true try typeof undefined var void while with
    yield Array Infinity Math NaN Number RangeError
    then`), // A module with a function of that name is taken for a promise where it is imported dynamically: the function is called, and the import fails.
  // C99 and C++, since files of C are read by both, the names of math.h, with and without f and l, and main; the library's are below.
  c: words(`
    alignas alignof and and_eq asm atomic_cancel auto bitand bitor bool break case catch char char8_t char16_t char32_t class co_await co_return co_yield compl concept const
    const_cast consteval constexpr constinit continue decltype default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int
    long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return short signed sizeof
    static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual void volatile
    wchar_t while xor xor_eq main linux unix i386
    DOMAIN FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO HUGE HUGE_VAL HUGE_VALF HUGE_VALL INFINITY MATH_ERREXCEPT MATH_ERRNO NAN OVERFLOW PLOSS SING TLOSS UNDERFLOW
    complex double_t exception float_t fpclassify isfinite isgreater isgreaterequal isless islessequal islessgreater isnormal issignaling issubnormal isunordered
    iscanonical iszero iseqsig math_errhandling matherr signgam`),
  python: words(`
    False None True and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise
    return try type while with yield ValueError enumerate float len math max range sum zip`),
} as const;

/** Functions of math.h and complex.h, of C99 and C23 and of what POSIX and GNU add, which have a name for each precision. */
const MATH = words(`
  cabs cacos cacosh carg casin casinh catan catanh ccos ccosh cexp cimag clog clog10 conj cpow cproj creal csin csinh csqrt ctan ctanh
  acos acosh acospi asin asinh asinpi atan atan2 atan2pi atanh atanpi canonicalize cbrt ceil compoundn copysign cos cosh cospi dadd ddiv dfma dmul drem dsqrt dsub erf erfc exp
  exp10 exp10m1 exp2 exp2m1 expm1 fabs fadd fdim fdiv ffma finite floor fma fmax fmaximum fmaximum_mag fmaximum_mag_num fmaximum_num fmaxmag fmin fminimum fminimum_mag
  fminimum_mag_num fminimum_num fminmag fmod fmul frexp fromfp fromfpx fsqrt fsub gamma getpayload hypot ilogb isinf isnan j0 j1 jn ldexp lgamma lgamma_r llogb llrint llround log log10
  log10p1 log1p log2 log2p1 logb logp1 lrint lround modf nan nearbyint nextafter nextdown nexttoward nextup pow pow10 pown powr remainder remquo rint rootn round roundeven
  rsqrt scalb scalbln scalbn setpayload setpayloadsig signbit significand sin sincos sinh sinpi sqrt tan tanh tanpi tgamma totalorder totalordermag trunc ufromfp ufromfpx y0 y1 yn`);

/**
 * What the other headers of C99 declare, and what compilers know besides (GCC's builtins, among them POSIX'): a file that includes such a header does not compile with a function
 * of that name, compilers warn of it where none is included, and a linker may take it for the library's own: whoever calls `malloc` gets the network.
 */
const LIBRARY = words(`
  assert NDEBUG isalnum isalpha isascii isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit toascii tolower toupper errno
  I imaginary feclearexcept fegetenv fegetexceptflag fegetround feholdexcept feraiseexcept fesetenv fesetexceptflag fesetround fetestexcept feupdateenv fenv_t fexcept_t
  imaxabs imaxdiv imaxdiv_t strtoimax strtoumax wcstoimax wcstoumax lconv localeconv setlocale jmp_buf longjmp setjmp raise sig_atomic_t signal
  va_arg va_copy va_end va_list va_start NULL max_align_t nullptr_t offsetof ptrdiff_t size_t
  BUFSIZ EOF FILE FILENAME_MAX FOPEN_MAX L_tmpnam SEEK_CUR SEEK_END SEEK_SET TMP_MAX clearerr fclose feof ferror fflush fgetc fgetpos fgets fopen fpos_t fprintf
  fprintf_unlocked fputc fputc_unlocked fputs fputs_unlocked fread freopen fscanf fseek fsetpos ftell fwrite fwrite_unlocked getc getchar gets perror printf printf_unlocked putc
  putc_unlocked putchar putchar_unlocked puts puts_unlocked remove rename rewind scanf setbuf setvbuf snprintf sprintf sscanf stderr stdin stdout tmpfile tmpnam ungetc vfprintf
  vfscanf vprintf vscanf vsnprintf vsprintf vsscanf
  EXIT_FAILURE EXIT_SUCCESS MB_CUR_MAX RAND_MAX abort abs aligned_alloc alloca at_quick_exit atexit atof atoi atol atoll bsearch calloc div div_t execl execle execlp execv execve
  execvp exit fork free getenv labs ldiv ldiv_t llabs lldiv lldiv_t malloc mblen mbstowcs mbtowc posix_memalign qsort quick_exit rand realloc srand strtod strtof strtol strtold
  strtoll strtoul strtoull system wcstombs wctomb
  bcmp bcopy bzero ffs ffsimax ffsl ffsll index memccpy memchr memcmp memcpy memmove mempcpy memset rindex stpcpy stpncpy strcasecmp strcat strchr strcmp strcoll strcpy strcspn
  strdup strerror strlen strncasecmp strncat strncmp strncpy strndup strnlen strpbrk strrchr strspn strstr strtok strxfrm
  CLOCKS_PER_SEC asctime clock clock_t ctime difftime gmtime localtime mktime strfmon strftime time time_t timespec_get tm
  WEOF btowc fgetwc fgetws fputwc fputws fwide fwprintf fwscanf getwc getwchar mbrlen mbrtowc mbsinit mbsrtowcs mbstate_t putwc putwchar swprintf swscanf ungetwc vfwprintf
  vfwscanf vswprintf vswscanf vwprintf vwscanf wcrtomb wcscat wcschr wcscmp wcscoll wcscpy wcscspn wcsftime wcslen wcsncat wcsncmp wcsncpy wcspbrk wcsrchr wcsrtombs wcsspn
  wcsstr wcstod wcstof wcstok wcstol wcstold wcstoll wcstoul wcstoull wcsxfrm wctob wint_t wmemchr wmemcmp wmemcpy wmemmove wmemset wprintf wscanf
  iswalnum iswalpha iswblank iswcntrl iswctype iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper iswxdigit towctrans towlower towupper wctrans wctrans_t wctype
  wctype_t dcgettext dgettext gettext`);

/** Families of names in those headers: "EDOM", "LC_ALL", "SIGINT", "PRId64", "DBL_MAX", "uint_least8_t", "INT64_C". */
const FAMILIES =
  /^(E[A-Z\d]|LC_|SIG|PRI[A-Zdioux]|SCN[A-Zdioux]|(FLT|DBL|LDBL)_|DECIMAL_DIG$)|^(CHAR_BIT|MB_LEN_MAX)$|^u?int\w*_t$|^U?INT\w*_C$|^[A-Z]\w*_(MIN|MAX|WIDTH)$/;

/** The name of a function in a language. */
export function readName(name: string, given: unknown, language: keyof typeof TAKEN): string {
  if (typeof given !== "string") throw wrongKind(name, "a name", given);
  if (!/^[a-z][a-z0-9_]*$/i.test(given) || given.length > LONGEST) {
    throw wrongValue(name, `a letter, then letters, digits and underscores, at most ${LONGEST} in all`, given);
  }
  if (TAKEN[language].has(given) || (language === "c" && isOfC(given))) {
    throw wrongValue(name, `a name that ${LANGUAGE_NAMES[language]} leaves free, got ${describe(given)}`);
  }
  return given;
}

function isOfC(name: string): boolean {
  return isOfMath(name) || LIBRARY.has(name) || FAMILIES.test(name);
}

/** Whether math.h may declare or define the name: "tanhf", "lgammal_r", "sqrtf32x", "f32addf64", "M_PI", "HUGE_VAL_F128". */
function isOfMath(name: string): boolean {
  const [, plain] = /^(.*?)(?:f|l|[fd](?:16|32|64|128)x?)?(?:_r)?$/.exec(name) as unknown as [string, string];
  return (
    MATH.has(name) || MATH.has(plain) || /^[fd](16|32|64|128)x?(add|div|fma|mul|sqrt|sub)|^(M|FP|FE)_|^(SNAN|HUGE|MAXFLOAT)/.test(name)
  );
}

const LANGUAGE_NAMES = { javascript: "JavaScript", c: "C", python: "Python" } as const;
